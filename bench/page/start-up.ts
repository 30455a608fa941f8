// From the first statement of a page's script to the first connection that the engine accepted in that page: the file
// is fetched, compiled and started, a listener binds, a client connects.
import { EventEngine } from "#host/index.browser.js";
import { closeClean } from "./engine-echo.js";

export interface PageStart {
  /** From the beginning of the script. */
  readonly scriptMs: number;
  /** From the beginning of the navigation: the page and the script are loaded in it too. */
  readonly navigationMs: number;
}

async function firstAccepted(): Promise<PageStart> {
  const engine = await EventEngine.create();
  const accepted = await new Promise<number>((resolve, reject) => {
    const listener = engine.createListener((endpoint) => {
      resolve(performance.now());
      endpoint.destroy();
      listener.close();
    }, () => {});
    const port = listener.bind("127.0.0.1:0");
    listener.start();
    engine.connect((status, endpoint) => {
      if (endpoint === null) reject(new Error(status.message));
      else endpoint.destroy();
    }, `127.0.0.1:${port}`);
  });
  await closeClean(engine);
  return { scriptMs: accepted - page.scriptBeganAt, navigationMs: accepted };
}

const page = globalThis as unknown as { readonly scriptBeganAt: number; pageStart: Promise<PageStart> };
page.pageStart = firstAccepted();
