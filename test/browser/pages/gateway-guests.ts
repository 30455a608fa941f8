// In a page: components whose sockets are at a gateway.
import { runComponent } from "#host/components.browser.js";
import { gateway, pagePlatform } from "#host/index.browser.js";
import type { Way } from "./gateway.js";
import { ended, observed } from "./observed.js";

/** Runs a guest of build/guests: its exit code and what it printed. */
async function runGuest({ url }: Way, name: string, args: readonly string[]): Promise<unknown[]> {
  const transport = gateway(url);
  const platform = pagePlatform({ gateway: transport, route: () => transport });
  const file = new Uint8Array(await (await fetch(`/build/guests/${name}.wasm`)).arrayBuffer());
  const grants = { tcp: true, udp: true, nameLookup: true };
  const guest = observed((streams) => runComponent(file, { ...streams, platform, grants, args: [name, ...args] }));
  const code = await ended(guest);
  transport.close();
  return [code, guest.stdout, guest.stderr];
}

Object.assign(globalThis, { runGuest });
