// What `EventEngine.create` takes on Node when its options do not say; imported for that effect by host/index.ts.

import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import { CoreEngine } from "../engine/core-engine.js";
import { setPlatformDefaults } from "../engine/platform-defaults.js";
import { nodePlatform } from "./platform.js";

/** Where the package has it, seen from the compiled host/node. */
const COMPONENT = new URL("../../build/event-engine.wasm", import.meta.url);
const DNS_SERVERS = "EVENT_ENGINE_DNS_SERVERS";

// For `console.log` of what stands on it: that should show the endpoint, not the component.
Object.defineProperty(CoreEngine.prototype, inspect.custom, { value: () => "CoreEngine" });

setPlatformDefaults({
  makePlatform: () => nodePlatform(),
  load: async (url = COMPONENT) => {
    if (url.protocol === "file:") return readFile(url);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  environment: () => {
    const { [DNS_SERVERS]: servers } = process.env;
    return servers === undefined ? {} : Object.fromEntries([[DNS_SERVERS, servers]]);
  },
});
