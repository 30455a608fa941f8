// The client and the server's session against each other, by chance: random streams in both directions, slow readers,
// half-closes, aborts, cancelled operations, and channels that are lost after any number of messages.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HOSTILE, RAGGED } from "#host/sim/index.js";
import { SEED } from "../../support/bytes.js";
import { GatewayWorld, type WorldOptions } from "./gateway-world.js";

console.log(`seed ${SEED}`);

/** Runs the body in worlds of as many seeds; what fails says which. */
async function worlds(
  count: number, options: Omit<WorldOptions, "seed">, body: (world: GatewayWorld) => Promise<void>,
): Promise<GatewayWorld[]> {
  const all: GatewayWorld[] = [];
  for (let index = 0; index < count; index++) {
    const seed = SEED + index;
    try {
      const world = new GatewayWorld({ seed, ...options });
      all.push(world);
      await body(world);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  return all;
}

/** Some of everything, begun within the first 30 ms. */
function begin(world: GatewayWorld, cancels: boolean): void {
  const { random, sim } = world;
  for (let number = 0; number < 8; number++) {
    sim.at(random.fraction() * 30, () => {
      const kind = random.between([0, 4]);
      if (kind === 1) return world.accept(number, random.chance(0.3) ? random.fraction() * 60 : null);
      const request = kind === 2 ? world.lookup() : kind === 3 ? world.datagrams() : world.connect(number);
      if (cancels && random.chance(0.3)) sim.after(random.fraction() * 5, () => request.cancel());
    });
  }
}

const random = suite("the client and the server");

random("should carry every byte of every stream to its end while nothing breaks", async () => {
  const all = await worlds(60, { conditions: RAGGED }, async (world) => {
    for (let number = 0; number < 6; number++) {
      world.sim.at(world.random.fraction() * 20, () => {
        if (number < 4) world.connect(number);
        else world.accept(number, null);
      });
    }
    await world.run(200_000);
    world.allIsComplete();
    world.bytesAreRight();
    await world.finish();
  });
  console.log(`${all.reduce((sum, { messages }) => sum + messages, 0)} messages`);
});

random("should never carry a wrong byte, and leave nothing, when ends abort and operations are cancelled", async () => {
  await worlds(60, { conditions: RAGGED }, async (world) => {
    world.mayAbort = true;
    begin(world, true);
    await world.run(200_000);
    world.bytesAreRight();
    await world.finish();
  });
});

random("should survive a network that fails in every way", async () => {
  await worlds(60, { conditions: HOSTILE }, async (world) => {
    world.mayAbort = true;
    begin(world, true);
    await world.run(400_000);
    world.bytesAreRight();
    await world.finish();
  });
});

random("should end everything once when channels are lost after any number of messages", async () => {
  const options: Omit<WorldOptions, "seed"> = {
    conditions: RAGGED, cutAfter: (chance) => (chance.chance(0.2) ? Infinity : chance.sizeBetween([1, 300])),
  };
  const all = await worlds(120, options, async (world) => {
    world.mayAbort = true;
    begin(world, true);
    await world.run(60_000);
    world.bytesAreRight();
    await world.finish();
  });
  const reopened = all.filter(({ sessions }) => sessions > 1).length;
  if (reopened < 30) throw new Error(`only ${reopened} worlds opened a second session: the test shows nothing`);
});

random("should flush to a peer that reads slowly, however large the windows are", async () => {
  const conditions = { ...RAGGED, readBytes: [1000, 8000] as const };
  await worlds(3, { conditions, window: 1 << 20 }, async (world) => {
    assert.is(await world.flush(3 << 20, 10_000, 30_000), `${3 << 20} end`);
    await world.finish();
  });
});

random.run();
