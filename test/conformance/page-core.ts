// The suite's command on a network within a page. It needs nothing of a page that Node has not.
import * as assert from "uvu/assert";
import { PageNetwork } from "#host/browser/network/network.js";
import { pagePlatform } from "#host/browser/platform.js";
import { CoreProgram } from "#host/engine/core-program.js";
import { Reactor } from "#host/engine/reactor.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { SEED } from "../support/bytes.js";
import type { CoreEnding } from "./arms.js";
import { capturedStreams } from "./captured-streams.js";
import { openPageHole, openPageNameserver } from "./page-peers.js";

const OWN_WORDS = ["--large", String(4 << 20), "--seed", String(SEED)];

export async function runCoreInPage(wasm: Uint8Array, words: readonly string[]): Promise<CoreEnding> {
  const network = new PageNetwork();
  const streams = capturedStreams();
  const platform = pagePlatform({ network, streams });
  const peers = [openPageHole(platform), openPageNameserver(platform)] as const;
  const args = ["conformance", ...words, ...OWN_WORDS];
  const host = new WasiHost(platform, { tcp: true, udp: true, nameLookup: true, args });
  const end = (code: number): CoreEnding => ({ code, stdout: streams.stdout.text, stderr: streams.stderr.text });
  const program = await CoreProgram.instantiate(wasm, host);
  try {
    return end(await new Reactor(program, host).run());
  } catch (error) {
    if ((error as object).constructor.name === "RuntimeError") return end(134); // unreachable, in every engine's words
    throw error;
  } finally {
    peers[0].close();
    peers[1].end();
    for (let waits = 0; network.openCount > 0 && waits < 100; waits++) {
      await new Promise<void>((resolve) => { setTimeout(resolve, 1); });
    }
    assert.is(network.openCount, 0, "nothing of the network is left");
  }
}
