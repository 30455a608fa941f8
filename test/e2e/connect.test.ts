// The connect program: standard input to the socket, the socket to standard output, on both arms.
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arms } from "../support/arms.js";
import { Pattern, SEED } from "../support/bytes.js";
import { listen, unusedPort } from "../support/client.js";
import { within } from "../support/guard.js";
import { type RunResult, runCommand, startCommand } from "../support/process.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();

function assertSuccess(result: RunResult): void {
  assert.is(result.stderr, "");
  assert.is(result.code, 0);
}

async function withPeer(
  onConnection: (socket: Socket) => void, body: (to: string) => Promise<void>,
): Promise<void> {
  const peer = await listen((socket) => {
    socket.on("error", () => {});
    onConnection(socket);
  });
  await body(`127.0.0.1:${peer.port}`).finally(() => peer.close());
}

const echoing = (socket: Socket): void => void socket.pipe(socket);

for (const arm of arms) {
  const connect = suite(`connect on ${arm.name}`);

  connect("should send its input and print the answer", async () => {
    await withPeer(echoing, async (to) => {
      const result = await runCommand(arm, ["connect", to], "hello, engine\n");
      assert.is(result.stdout.toString(), "hello, engine\n");
      assertSuccess(result);
    });
  });

  connect("should end with an empty input", async () => {
    await withPeer(echoing, async (to) => {
      const result = await runCommand(arm, ["connect", to]);
      assert.is(result.stdout.length, 0);
      assertSuccess(result);
    });
  });

  connect("should carry a large input byte for byte", async () => {
    const size = 32 << 20;
    const input = Buffer.concat(Array.from({ length: 512 }, (_, index) => pattern.at(index << 16, 1 << 16)));
    assert.is(input.length, size);
    await withPeer(echoing, async (to) => {
      const result = await runCommand(arm, ["connect", to], input);
      assert.is(result.stdout.length, size);
      pattern.check(0, result.stdout);
      assertSuccess(result);
    });
  });

  connect("should half-close at the end of its input and still print what comes after", async () => {
    const answer = (socket: Socket): void => {
      let received = 0;
      socket.on("data", (chunk: Buffer) => (received += chunk.length));
      socket.on("end", () => socket.end(`${received} bytes`));
    };
    await withPeer(answer, async (to) => {
      const result = await runCommand(arm, ["connect", to], pattern.at(0, 12_345));
      assert.is(result.stdout.toString(), "12345 bytes");
      assertSuccess(result);
    });
  });

  connect("should print as it arrives, while its input stays open", async () => {
    await withPeer(echoing, async (to) => {
      const { child, finish } = startCommand(arm, ["connect", to]);
      for (const line of ["first\n", "second\n", "third\n"]) {
        const printed = once(child.stdout as NodeJS.ReadableStream, "data");
        child.stdin?.write(line);
        const [chunk] = await within(`${line.trim()} to come back`, printed);
        assert.is(String(chunk), line);
      }
      child.stdin?.end();
      assertSuccess(await finish());
    });
  });

  connect("should end when the peer closes first, although its input stays open", async () => {
    await withPeer((socket) => socket.end("goodbye\n", () => socket.destroySoon()), async (to) => {
      const { child, finish } = startCommand(arm, ["connect", to]);
      const result = await finish();
      child.stdin?.destroy();
      assert.is(result.stdout.toString(), "goodbye\n");
      assertSuccess(result);
    });
  });

  connect("should end when nobody wants its output any more", async () => {
    const forEver = (socket: Socket): void => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(pattern.at(0, 65_536)));
      };
      socket.on("drain", more);
      more();
    };
    await withPeer(forEver, async (to) => {
      const { child, finish } = startCommand(arm, ["connect", to], { readsOutput: false });
      await within("the first output", once(child.stdout as NodeJS.ReadableStream, "readable"));
      child.stdout?.destroy();
      const result = await finish();
      assert.match(result.stderr, /^(event-engine: [^\n]+\n)?$/, "at most one line");
    });
  });

  connect("should connect by name", async () => {
    await withPeer(echoing, async (to) => {
      const result = await runCommand(arm, ["connect", to.replace("127.0.0.1", "localhost")], "by name");
      assert.is(result.stdout.toString(), "by name");
      assertSuccess(result);
    });
  });

  connect("should say in one line that the connection was refused, and fail", async () => {
    const port = await unusedPort();
    const result = await runCommand(arm, ["connect", `127.0.0.1:${port}`]);
    assert.match(result.stderr, /^event-engine: [^\n]*refused[^\n]*\n$/);
    assert.ok(result.stderr.includes(`127.0.0.1:${port}`), result.stderr);
    assert.is(result.stdout.length, 0);
    assert.is(result.code, 1);
  });

  connect("should say in one line that a name is unknown, and fail", async () => {
    const result = await runCommand(arm, ["connect", "no-such-host.invalid:80"]);
    assert.match(result.stderr, /^event-engine: [^\n]*no-such-host\.invalid[^\n]*\n$/);
    assert.is(result.stdout.length, 0);
    assert.is(result.code, 1);
  });

  connect("should fail with one line when the peer resets", async () => {
    await withPeer((socket) => void socket.once("data", () => socket.resetAndDestroy()), async (to) => {
      const { child, finish } = startCommand(arm, ["connect", to]);
      child.stdin?.write("reset me");
      const result = await finish();
      child.stdin?.destroy();
      assert.is(result.code, 1);
      assert.match(result.stderr, /^event-engine: [^\n]*reset[^\n]*\n$/);
    });
  });

  connect.run();
}
