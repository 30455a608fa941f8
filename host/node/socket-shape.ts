// What a net.Socket has beside its bytes: addresses, states, a timer, and switches.

import { Duplex } from "node:stream";
import type { ResolvedAddress } from "../engine/interfaces.js";

export abstract class SocketShape extends Duplex {
  connecting = false;
  /** Milliseconds of `setTimeout`, if any. */
  timeout: number | undefined;
  protected local: ResolvedAddress | null = null;
  protected remote: ResolvedAddress | null = null;
  #timer: NodeJS.Timeout | null = null;

  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  get remoteAddress(): string | undefined {
    return this.remote?.address;
  }

  get remotePort(): number | undefined {
    return this.remote?.port;
  }

  get remoteFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.remote);
  }

  get localAddress(): string | undefined {
    return this.local?.address;
  }

  get localPort(): number | undefined {
    return this.local?.port;
  }

  get localFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.local);
  }

  address(): { address: string; port: number; family: string } | Record<string, never> {
    const local = this.local;
    if (local === null) return {};
    return { address: local.address, port: local.port, family: familyOf(local) ?? "" };
  }

  /** 'timeout' after this long without a byte in either direction; 0 switches it off. It closes nothing. */
  setTimeout(delayMs: number, callback?: () => void): this {
    this.timeout = delayMs;
    this.stopTimer();
    if (delayMs > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this.emit("timeout"), delayMs).unref();
      if (callback !== undefined) this.once("timeout", callback);
    } else if (callback !== undefined) {
      this.removeListener("timeout", callback);
    }
    return this;
  }

  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** Keep-alive is chosen when a connection is made: see EndpointOptions. */
  setKeepAlive(_enable?: boolean, _initialDelayMs?: number): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Bytes moved, in either direction. */
  protected touch(): void {
    this.#timer?.refresh();
  }

  protected stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function familyOf(address: ResolvedAddress | null): "IPv4" | "IPv6" | undefined {
  if (address === null) return undefined;
  return address.family === "ipv4" ? "IPv4" : "IPv6";
}
