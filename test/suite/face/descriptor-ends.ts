// Bodies about how descriptors end, what they refuse, and how many there may be.
import * as assert from "uvu/assert";
import { type Descriptor, NotificationOutcome } from "#host/engine/event-manager/descriptor-interfaces.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { Endpoint } from "#host/engine/interfaces.js";
import { StatusError } from "#host/engine/status.js";
import { body, type FaceBody, Heard } from "./body.js";
import { bytesAt, descriptors } from "./descriptor-kit.js";
import { managed } from "./managed.js";
import { connected, listening, readBytes, write } from "./network.js";

const nothing = (): void => {};

export const descriptorEndBodies: readonly FaceBody[] = [
  body("descriptor-close", "should run what is registered, and send what was written", async (world) => {
    const { engine, client, server, endpoints } = await descriptors(world);
    const buffer = engine.createSliceBuffer();
    const seen: string[] = [];
    const done = new Heard<void>();
    const hear = (what: string) => (): void => {
      assert.ok(client.isClosed);
      done.hear(void seen.push(what));
    };
    client.notifyWhenHasError(hear("error"));
    client.notifyAfterRead(({ status }) => hear(`read ${status.reason}`)(), () => new Uint8Array(9));
    client.notifyWhenWritable(() => {
      buffer.append(bytesAt(0, 20_000));
      while (buffer.length > 0) assert.ok((client.write(buffer) as number) > 0);
      client.close();
      client.close();
      assert.equal(seen, [], "not inside the call");
    });
    await done.times(2);
    assert.equal(seen.sort(), ["error", "read endpoint-closed"]);
    assert.ok(endpoints.client.isDestroyed);
    assert.throws(() => client.notifyWhenReadable(nothing), (error: unknown) => error instanceof StatusError);
    const received = server.release();
    assert.equal(await readBytes(engine, received, 20_000), bytesAt(0, 20_000));
    received.destroy();
    await world.sleep(5);
    assert.is(done.count, 2);
    buffer.destroy();
  }),

  body("descriptor-release", "should give the endpoint back in an upcall, and every byte with it", async (world) => {
    const { engine, manager, client, server, endpoints } = await descriptors(world);
    const read = new Heard<string>();
    const registered = new Heard<void>();
    server.notifyWhenHasError(registered.hear); // so something is looked at ahead
    server.notifyAfterRead(({ bytes, rearmed }) => {
      if (!rearmed) return read.hear(`and then ${bytes.length}`);
      const endpoint = server.release();
      assert.is(endpoint, endpoints.server);
      void readBytes(engine, endpoint, 2000 - bytes.length).then((rest) => {
        assert.equal(rest, bytesAt(bytes.length, rest.length));
        read.hear("the rest");
      });
    }, () => new Uint8Array(1)); // filled by whatever comes, however little that is
    client.notifyAfterWrite(nothing, { bytes: bytesAt(0, 2000) });
    await read.times(2);
    assert.equal(read.values.sort(), ["and then 0", "the rest"]);
    await registered.first;
    await write(engine, endpoints.server, "and back");
    const again = manager.registerFileDescriptor(endpoints.server);
    again.notifyAfterWrite(nothing, { bytes: bytesAt(0, 1) });
    assert.equal((await readBytes(engine, client.release(), 9)).length, 9);
    assert.ok(!endpoints.client.isDestroyed);
    endpoints.client.destroy();
    manager.deleteDescriptor(again);
    assert.ok(endpoints.server.isDestroyed);
  }),

  body("descriptor-engine-closes", "should close with the engine, and run all that is registered", async (world) => {
    const { engine, client, server } = await descriptors(world);
    const seen: string[] = [];
    const note = (what: string, descriptor: Descriptor) => (): void => {
      seen.push(`${what}, closed: ${descriptor.isClosed}`);
    };
    client.notifyWhenReadableOrTimeout((outcome) => {
      note(`client ${NotificationOutcome[outcome]}`, client)();
    }, 60_000);
    client.notifyWhenHasError(note("client error", client));
    server.notifyWhenHasError(note("server error", server));
    const arrived = new Heard<void>();
    server.notifyWhenReadable(arrived.hear);
    const buffer = engine.createSliceBuffer();
    buffer.append(bytesAt(0, world.largeBytes));
    client.notifyAfterWrite(({ status, rearmed }) => {
      if (!rearmed) note(`client write ${status.reason}`, client)();
    }, { bytes: buffer });
    await arrived.first;
    assert.equal(seen, []);
    server.notifyWhenReadable(note("server readable", server)); // told before: soon
    await engine.close();
    assert.ok(buffer.length > 0, "what was not taken is the caller's again");
    buffer.destroy();
    assert.equal(seen.sort(), [
      "client FD_BECAME_READY, closed: true", "client error, closed: true",
      "client write endpoint-closed, closed: true", "server error, closed: true", "server readable, closed: false",
    ]);
    assert.ok(client.isClosed && server.isClosed);
    assert.throws(() => new EventManager(engine).registerFileDescriptor({} as Endpoint), (error: unknown) =>
      error instanceof StatusError);
  }),

  body("descriptor-misuse", "should refuse by name what breaks a rule, and go on", async (world) => {
    const { engine, manager, client, server, endpoints } = await descriptors(world);
    const other = new EventManager(await world.makeEngine());
    const buffer = engine.createSliceBuffer();
    const refused = (call: () => unknown, rule: RegExp): void => assert.throws(call, (error: unknown) =>
      error instanceof StatusError && rule.test(error.message));
    refused(() => endpoints.client.read(nothing, buffer), /an endpoint that a descriptor has/);
    refused(() => manager.registerFileDescriptor(endpoints.client), /that a descriptor has/);
    refused(() => other.registerFileDescriptor(endpoints.client), /of this event engine/);
    refused(() => other.deleteDescriptor(client), /of another event manager/);
    const heard = new Heard<void>();
    server.notifyWhenReadable(heard.hear);
    refused(() => server.notifyWhenReadable(nothing), /at most one per condition/);
    refused(() => server.notifyAfterRead(nothing, () => new Uint8Array(1)), /one flavour at a time/);
    client.notifyAfterRead(() => {
      refused(() => client.notifyAfterRead(nothing, () => new Uint8Array(1)), /its last upcall has to return first/);
      heard.hear();
    }, () => new Uint8Array(10));
    refused(() => client.read(buffer), /while a notifyAfterRead is outstanding/);
    refused(() => client.notifyWhenReadable(nothing), /while a notifyAfterRead is outstanding/);
    server.notifyAfterWrite(nothing, { bytes: bytesAt(0, 3) });
    await heard.first;
    client.close();
    refused(() => client.read(buffer), /read of a closed descriptor/);
    await heard.times(2);
    server.close();
    buffer.destroy();
  }),

  body("descriptor-many", "should keep many descriptors apart", async (world) => {
    const { engine, manager } = await managed(world);
    const { listener, address, shutdown, accepted } = listening(engine);
    const clients: Descriptor[] = [];
    const heard = new Heard<number>();
    for (let number = 0; number < 30; number++) {
      const client = manager.registerFileDescriptor(await connected(engine, address));
      clients.push(client);
      await accepted.times(number + 1);
      const server = manager.registerFileDescriptor(accepted.values[number] as Endpoint);
      server.data = number;
      server.notifyAfterRead(({ bytes }) => {
        assert.equal(bytes, bytesAt(number, number + 1));
        heard.hear(server.data as number);
        manager.deleteDescriptor(server);
      }, () => new Uint8Array(100));
    }
    assert.is(engine.live().descriptors, 60);
    for (const [number, client] of [...clients.entries()].reverse()) {
      client.notifyAfterWrite(({ status }) => {
        assert.ok(status.ok, status.message);
        client.close();
      }, { bytes: bytesAt(number, number + 1) });
    }
    await heard.times(30);
    assert.equal(heard.values.sort((one, two) => one - two), clients.map((_, number) => number));
    await world.sleep(5);
    assert.is(engine.live().descriptors, 0);
    listener.close();
    await shutdown.first;
  }),
];
