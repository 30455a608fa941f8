// The simulation arm: everything that a platform brings, without a real clock, a real network or real chance.

export { CALM, type Conditions, HOSTILE, RAGGED } from "./conditions.js";
export { SimHost, type SimHostOptions } from "./host.js";
export type { Rule } from "./network/rules.js";
export { Nameserver, type LoggedQuery, type NameserverOptions } from "./peers/nameserver.js";
export { FORGERIES, type Forgery, DAMAGES, type Damage } from "./peers/nameserver-forgeries.js";
export { byChance, NO_FAULTS, type NameserverFaults, type Treatment } from "./peers/nameserver-treatment.js";
export { Zone, type ZoneOptions, type ZoneRecord } from "./peers/nameserver-zone.js";
export { type Range, SimRandom } from "./random.js";
export { Simulation, SimulationError, type SimulationOptions } from "./simulation.js";
export { runScenario, type ScenarioResult, scenarios } from "./scenarios/index.js";
export type { Scenario, Stage } from "./scenarios/scenario.js";
