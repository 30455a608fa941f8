// In a worker: answers messages `{ name, words }` with what a function of engines.ts gives.
import "./engines.js";

interface Scope {
  onmessage: (event: { data: { name: string; words: unknown[] } }) => void;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as Scope & Record<string, (...words: unknown[]) => Promise<unknown>>;
scope.onmessage = ({ data: { name, words } }) => {
  scope[name]!(...words).then((value) => scope.postMessage({ value }), (error: unknown) => {
    scope.postMessage({ error: String(error) });
  });
};
