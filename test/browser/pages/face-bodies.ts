// In a page: runs TypeScript bodies by their names.
import { canaries, faceBodies, runFaceBody } from "../../conformance/face-bodies.js";
import { pageWorld } from "../../conformance/page-world.js";
import { isCollected } from "./garbage.js";

const artifact = fetch("/build/event-engine.wasm").then((response) => response.arrayBuffer());
const bodies = new Map([...faceBodies, ...canaries.map(({ body }) => body)].map((body) => [body.name, body]));

async function run(name: string): Promise<void> {
  const body = bodies.get(name);
  if (body === undefined) throw new Error(`there is no body ${name}`);
  await runFaceBody(pageWorld({ wasm: new Uint8Array(await artifact), isCollected }), body);
}

Object.assign(globalThis, { runFaceBody: run });
