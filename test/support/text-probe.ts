// The text probe with strings on both sides, for the tests of addresses and options.
import { compileProbe, Probe } from "./probe.js";

const module = await compileProbe("text");

export class TextProbe {
  readonly probe: Probe;
  readonly #input: number;

  private constructor(probe: Probe) {
    this.probe = probe;
    this.#input = probe.call.inputAddress();
  }

  static async create(): Promise<TextProbe> {
    return new TextProbe(await Probe.create(module));
  }

  /** Writes the argument and returns its length, as the probe's functions want it. */
  put(text: string): number {
    this.probe.write(this.#input, new Uint8Array(Buffer.from(text, "utf16le")));
    return text.length;
  }

  /** The text that a function of the probe returns. */
  get(name: string, ...args: number[]): string {
    return this.probe.text(this.probe.call[name]!(...args));
  }

  /** The numbers of an IP literal, or null when it is none. */
  parseIp(text: string): number[] | null {
    this.probe.call.soil();
    if (this.probe.call.parseIp(this.put(text)) === 0) return null;
    const count = this.probe.call.family() === 0 ? 4 : 8;
    return Array.from({ length: count }, (_, index) => this.probe.call.part(index));
  }

  formatIp(parts: number[]): string {
    this.setAddress(parts, 0);
    return this.get("formatIp");
  }

  setAddress(parts: number[], port: number): void {
    this.probe.write(this.#input, new Uint8Array(new Uint16Array(parts).buffer));
    this.probe.call.setAddress(parts.length === 4 ? 0 : 1, port);
  }
}
