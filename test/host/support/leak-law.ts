// The leak law: after a guest is over, nothing of it is left in the host.
import * as assert from "uvu/assert";
import type { WasiHost } from "#host/wasi/wasi-host.js";
import type { FakePlatform } from "./fake-platform.js";

export function nothingIsLeft(host: WasiHost, platform: FakePlatform): void {
  assert.is(host.table.liveCount, 0, "handles are left");
  assert.is(host.ready.length, 0, "ready pollables are left");
  assert.is(host.sockets.socketCount, 0, "sockets are left");
  assert.is(host.sockets.lookupCount, 0, "look-ups are left");
  assert.is(platform.clock.timers.size, 0, "timers are left");
  assert.is(platform.transport.openCount, 0, "connections or bindings are left");
}
