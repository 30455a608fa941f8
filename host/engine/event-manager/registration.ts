// The event manager of the whole process, after `grpc_register_global_event_manager` of the text:
//
//   NONE -- registerGlobalEventManager --> REGISTERED, for good
//     |
//     +---- an engine is created that was given no platform --> IN USE: it runs on the platform's own loop, so it is
//                                                               too late for a manager of all engines
//
// Engines with a platform of their own take no part: an application's manager may itself stand on such an engine.

import { managePlatforms, wasDefaultGiven } from "../platform-defaults.js";
import { refuse } from "../status.js";
import type { BaseEventManager } from "./interfaces.js";
import { checkManager, managedPlatform } from "./managed-platform.js";

let isRegistered = false;

/**
 * From now on every EventEngine that is created without a platform of its own, the default engine among them, runs on
 * `manager` (managed-platform.ts says how). Once in a process (or worker, or page), before the first such engine;
 * later, twice, or with an object that lacks a method it is refused. The manager stays its owner's, and must outlive
 * every engine.
 */
export function registerGlobalEventManager(manager: BaseEventManager): void {
  checkManager(manager);
  if (isRegistered) refuse("registerGlobalEventManager twice: the process has an event manager already");
  if (wasDefaultGiven()) refuse("registerGlobalEventManager after an event engine was created on the platform's loop");
  isRegistered = true;
  managePlatforms((platform) => managedPlatform(manager, platform));
}
