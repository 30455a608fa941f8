// In a page or a worker: engines made as users make them.
import { EventEngine, PageNetwork } from "#host/index.browser.js";
import { askText, EchoServer } from "./echo.js";
import { isCollected } from "./garbage.js";
import { bytesForever, greedyEngine, tasksForever, type Turns } from "./load.js";


/** A greeting through an engine that listens and connects. */
async function greet(name: string): Promise<string> {
  const engine = await EventEngine.create();
  const server = new EchoServer(engine);
  const answer = await askText(engine, server.address, `hello ${name}`);
  await server.close();
  await engine.close();
  return answer;
}

/** Each with the work that a page which stands still does until it is seen to. */
const loads = { tasks: { run: tasksForever, workMax: 500_000 }, bytes: { run: bytesForever, workMax: 2000 } };
/** Others may do far more than fits into some frames. */
const FAIR = 100;

async function underLoad(kind: keyof typeof loads, isGreedy = false): Promise<Turns> {
  const { run, workMax } = loads[kind];
  const engine = await (isGreedy ? greedyEngine() : EventEngine.create());
  const turns = await run(engine, isGreedy ? workMax : workMax * FAIR);
  await engine.close();
  return turns;
}

export interface Left {
  /** The counts of all closed engines together. */
  live: number;
  /** What is open on the network of the page. */
  open: number;
  /** Engines that somebody still holds. */
  engines: number;
}

/** Makes engines, closes them in the middle of everything, and tells what is left. */
async function closeInTheMiddle(count: number): Promise<Left> {
  const references: WeakRef<object>[] = [];
  let live = 0;
  for (let index = 0; index < count; index++) live += await closeBusy(references);
  let engines = 0;
  await new Promise((resolve) => { setTimeout(resolve); }); // A weak reference holds on until the end of its task.
  for (const reference of references) engines += await isCollected(reference) ? 0 : 1;
  return { live, open: PageNetwork.shared().openCount, engines };
}

async function closeBusy(references: WeakRef<object>[]): Promise<number> {
  const engine = await EventEngine.create();
  references.push(new WeakRef(engine));
  const endpoints: { destroy(): void }[] = [];
  const listener = engine.createListener((endpoint) => endpoints.push(endpoint), () => {});
  const address = `127.0.0.1:${listener.bind("127.0.0.1:0")}`;
  listener.start();
  await new Promise<void>((resolve) => {
    engine.connect((_, endpoint) => {
      if (endpoint !== null) endpoints.push(endpoint);
      resolve();
    }, address);
  });
  engine.connect((_, endpoint) => endpoint?.destroy(), address);
  engine.runAfter(3_600_000, () => {});
  for (const endpoint of endpoints) endpoint.destroy();
  listener.close();
  await engine.close();
  return Object.values(engine.live()).reduce((sum, each) => sum + each, 0);
}

Object.assign(globalThis, { greet, underLoad, closeInTheMiddle });
