// What `EventEngine.create` takes in a page when its options do not say; imported for that effect by
// host/index.browser.ts.

import { setPlatformDefaults } from "../engine/platform-defaults.js";
import { pagePlatform } from "./platform.js";

setPlatformDefaults({
  makePlatform: () => pagePlatform(),
  load: async (url) => {
    // Written out, so that bundlers see which file comes along.
    const response = await fetch(url ?? new URL("../../build/event-engine.wasm", import.meta.url));
    if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  environment: () => ({}),
});
