// The libuv flavour on the shipped component over a connection of doubles: who has the bytes when, when the same upcall
// runs again, and what ends it. Its states are in descriptor-transfer.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ReadStatus, WriteStatus } from "#host/engine/event-manager/descriptor-interfaces.js";
import { Priority } from "#host/engine/event-manager/priority.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { type DrivenDescriptor, withDescriptor } from "./driven-descriptor.js";

const nothing = (): void => {};

interface Reader {
  /** Rooms that were asked for, each as long as the next of `lengths`, or as the last one. */
  rooms: Uint8Array[];
  allocate(suggestedBytes: number): Uint8Array;
  upcall(status: ReadStatus): void;
}

/** Rooms of these lengths, and upcalls that say what they got. */
function reader({ heard }: DrivenDescriptor, ...lengths: number[]): Reader {
  const rooms: Uint8Array[] = [];
  return {
    rooms,
    allocate: () => {
      const room = new Uint8Array(lengths.length > 1 ? lengths.shift()! : lengths[0]!);
      rooms.push(room);
      return room;
    },
    upcall: ({ status, bytes, rearmed }) => {
      heard.push(`${status.ok ? bytes : status.reason}${rearmed ? " and more" : ""}`);
      assert.is(status.ok, bytes.length > 0);
      assert.not(rearmed && !status.ok);
    },
  };
}

const sayWritten = ({ heard }: DrivenDescriptor) => (status: WriteStatus): void => {
  heard.push(`${status.status.reason} ${status.bytesWritten}, left ${status.bytesLeft}${status.rearmed ? ", on" : ""}`);
  assert.not(status.rearmed && !(status.status.ok && status.bytesLeft > 0));
};

const reads = suite("notifyAfterRead");

reads("should read into what the caller allocates, when there is something, and be over", withDescriptor((driven) => {
  const { descriptor, connection, news } = driven;
  const { rooms, allocate, upcall } = reader(driven, 8);
  let suggested = 0;
  descriptor.notifyAfterRead(upcall, (bytes) => {
    suggested = bytes;
    return allocate(bytes);
  });
  assert.equal([news(), rooms.length], [[], 0], "no room before there is something");
  connection.arrive(1, 2, 3);
  assert.equal(news(), ["1,2,3"]);
  assert.equal([suggested, rooms.length, [...rooms[0]!.subarray(0, 4)]], [65_536, 1, [1, 2, 3, 0]]);
  connection.arrive(4);
  assert.equal(news(), [], "it is over");
  descriptor.notifyAfterRead(upcall, allocate);
  assert.equal(news(), ["4"]);
  descriptor.notifyAfterRead(upcall, allocate);
  assert.equal([news(), rooms.length], [[], 2], "no room for what was read before");
}));

reads("should fill 1 MiB at once of a larger room, and the next room with what is left", withDescriptor((driven) => {
  const { descriptor, connection, settle } = driven;
  const [mebibyte, rest] = [1 << 20, 300_000];
  const sent = Uint8Array.from({ length: mebibyte + rest }, (_, at) => at % 251);
  const got: Uint8Array[] = [];
  const told: boolean[] = [];
  connection.arriveBytes(sent); // more than a platform would give that is asked to pause
  descriptor.notifyAfterRead(({ bytes, rearmed }) => {
    got.push(bytes.slice());
    told.push(rearmed);
  }, () => new Uint8Array(3 * mebibyte));
  settle();
  assert.equal(got.map(({ length }) => length), [mebibyte, rest]);
  assert.equal(told, [true, false]);
  assert.ok(Buffer.concat(got).equals(sent));
}));

reads("should go on by itself as long as the room is filled", withDescriptor((driven) => {
  const { descriptor, connection, news } = driven;
  const { rooms, allocate, upcall } = reader(driven, 2);
  descriptor.notifyAfterRead(upcall, allocate);
  connection.arrive(1, 2, 3, 4, 5);
  assert.equal(news(), ["1,2 and more", "3,4 and more", "5"]);
  descriptor.notifyAfterRead(upcall, allocate);
  connection.arrive(6, 7);
  assert.equal(news(), ["6,7 and more"], "exactly full: nobody can tell");
  assert.throws(() => descriptor.notifyAfterRead(upcall, allocate), /its last upcall has to return first/);
  assert.is(rooms.length, 5);
  connection.arrive(8);
  assert.equal(news(), ["8"]);
  assert.is(rooms.length, 5, "the room in which nothing was found was kept");
}));

reads("should read as much as there is room for, in one step", withDescriptor((driven) => {
  const { descriptor, connection, heard, settle, news } = driven;
  descriptor.notifyAfterRead(({ bytes, rearmed }) => {
    heard.push(`${bytes.length} ${bytes.every((byte, at) => byte === at % 251)} ${rearmed}`);
  }, () => new Uint8Array(3 << 20));
  settle();
  connection.arriveBytes(Uint8Array.from({ length: 600_000 }, (_, at) => at % 251)); // the core reads less at once
  assert.equal(news(), ["600000 true false"]);
}));

reads("should refuse another one until the last upcall has returned", withDescriptor((driven) => {
  const { descriptor, connection, buffer, heard, news, says } = driven;
  const { allocate } = reader(driven, 4);
  const again = (): void => descriptor.notifyAfterRead(nothing, allocate);
  descriptor.notifyAfterRead(() => {
    assert.throws(again, /^notifyAfterRead before the last one is over: its last upcall has to return first$/);
    assert.throws(() => descriptor.notifyWhenReadable(nothing), /while a notifyAfterRead is outstanding/);
    heard.push("told");
  }, allocate);
  assert.throws(again, /before the last one is over/);
  assert.throws(() => descriptor.notifyWhenReadable(nothing), /^notifyWhenReadable while a notifyAfterRead/);
  assert.throws(() => descriptor.read(buffer), /^read while a notifyAfterRead is outstanding/);
  descriptor.notifyWhenHasError(nothing); // that is another condition
  connection.arrive(1);
  assert.equal(news(), ["told"]);
  descriptor.forceReadable();
  descriptor.notifyWhenReadable(says("readable"));
  assert.throws(again, /^notifyAfterRead while an upcall waits for readable: one flavour at a time$/);
  assert.equal(news(), ["readable"]);
  again();
}));

reads("should lose no byte when there is no room", withDescriptor((driven) => {
  const { descriptor, connection, thrown, news } = driven;
  const { allocate, upcall } = reader(driven, 9);
  connection.arrive(1, 2);
  descriptor.notifyAfterRead(upcall, () => new Uint8Array(0));
  assert.equal(news(), ["out-of-memory"]);
  descriptor.notifyAfterRead(upcall, () => { throw new Error("an allocator"); });
  assert.equal(news(), ["out-of-memory"]);
  assert.equal(thrown.splice(0).map(String), ["Error: an allocator"]);
  descriptor.notifyAfterRead(upcall, () => {
    const room = new Uint8Array(9);
    structuredClone(room, { transfer: [room.buffer] });
    return room;
  });
  assert.equal(news(), ["out-of-memory"]);
  descriptor.notifyAfterRead(upcall, allocate);
  assert.equal(news(), ["1,2"]);
}));

reads("should name what is no room to read into, and lose no byte", withDescriptor((driven) => {
  const { descriptor, connection, buffer, thrown, news } = driven;
  const { allocate, upcall } = reader(driven, 9);
  connection.arrive(1, 2);
  for (const [room, why] of [
    ["room", /must give a Uint8Array/], [undefined, /must give a Uint8Array/],
    [Promise.resolve(new Uint8Array(9)), /must give a Uint8Array/], [new ArrayBuffer(9), /must give a Uint8Array/],
    [buffer.appendSpace(9), /of the engine, which moves/], // a read may take memory, and then there is no such view
  ] as const) {
    descriptor.notifyAfterRead(upcall, () => room as Uint8Array);
    assert.equal(news(), ["out-of-memory"]);
    assert.is(thrown.length, 1);
    assert.match(String(thrown.pop()), why);
  }
  descriptor.notifyAfterRead(upcall, allocate);
  assert.equal(news(), ["1,2"]);
}));

reads("should tell the end and a failure behind the bytes, each time", withDescriptor((driven) => {
  const { descriptor, connection, news } = driven;
  const { allocate, upcall } = reader(driven, 3);
  connection.arrive(1, 2, 3);
  connection.events!.endArrived();
  descriptor.notifyAfterRead(upcall, allocate);
  assert.equal(news(), ["1,2,3 and more", "end-of-stream"]);
  descriptor.notifyAfterRead(upcall, allocate);
  assert.equal(news(), ["end-of-stream"]);
}));

reads("should tell a failure while it waits", withDescriptor((driven) => {
  const { descriptor, connection, news, says } = driven;
  const { allocate, upcall } = reader(driven, 3);
  descriptor.notifyAfterRead(upcall, allocate);
  assert.equal(news(), []);
  connection.events!.failed(ErrorCode.ConnectionReset);
  assert.equal(news(), ["stream-failed"]);
  descriptor.notifyWhenHasError(says("error"));
  assert.equal(news(), ["error"]);
}));

reads("should end when it is forced and nothing is there, and read what is there", withDescriptor((driven) => {
  const { descriptor, connection, news } = driven;
  const { rooms, allocate, upcall } = reader(driven, 2);
  descriptor.notifyAfterRead(upcall, allocate);
  descriptor.forceReadable();
  assert.equal(news(), ["cancelled"]);
  assert.is(rooms.length, 1);
  descriptor.notifyAfterRead(upcall, allocate);
  assert.equal(news(), [], "the force before it was somebody else's");
  connection.arrive(1, 2);
  descriptor.forceReadable();
  assert.equal(news(), ["1,2 and more"]);
  descriptor.forceReadable();
  assert.equal(news(), ["cancelled"]);
}));

for (const [leave, reason] of [["close", "endpoint-closed"], ["release", "cancelled"]] as const) {
  reads(`should end with the descriptor, wherever ${leave} comes from`, async () => {
    for (const where of ["waiting", "allocator", "upcall"]) {
      await withDescriptor(({ descriptor, connection, heard, news, ...driven }) => {
        const { allocate, upcall } = reader({ descriptor, connection, heard, news, ...driven }, 2);
        let isFirst = true;
        const now = (here: string): void => {
          if (here !== where || !isFirst) return;
          isFirst = false;
          descriptor[leave]();
        };
        descriptor.notifyAfterRead((status) => {
          upcall(status);
          now("upcall");
        }, (bytes) => {
          now("allocator");
          return allocate(bytes);
        });
        now("waiting");
        if (where !== "waiting") connection.arrive(1, 2, 3);
        const expected = where === "upcall" ? ["1,2 and more", reason] : [reason];
        assert.equal(news(), expected, where);
        assert.throws(() => descriptor.notifyAfterRead(upcall, allocate), /^notifyAfterRead of a closed descriptor$/);
      })();
    }
  });
}

reads("should leave to the endpoint what was not read when it is released", withDescriptor((driven) => {
  const { descriptor, connection, endpoint, buffer, heard, news } = driven;
  const { allocate, upcall } = reader(driven, 2);
  descriptor.notifyAfterRead((status) => {
    upcall(status);
    if (!descriptor.isClosed) descriptor.release();
    else endpoint.read(() => heard.push(`endpoint ${buffer.toUint8Array()}`), buffer);
  }, allocate);
  connection.arrive(1, 2, 3, 4);
  assert.equal(news(), ["1,2 and more", "cancelled", "endpoint 3,4"]);
}));

reads("should come at the priority of reading", withDescriptor((driven) => {
  const { descriptor, connection, says, news } = driven;
  const { allocate, upcall } = reader(driven, 4);
  descriptor.setReadPriority(Priority.LOW);
  connection.arrive(1);
  descriptor.notifyAfterRead(upcall, allocate);
  descriptor.forceHasError();
  descriptor.notifyWhenHasError(says("error"));
  assert.equal(news(), ["error", "1"]);
}));

reads.run();

// ---

const writes = suite("notifyAfterWrite");

writes("should write bytes that stay the caller's, and tell once when all went at once", withDescriptor((driven) => {
  const { descriptor, connection, news } = driven;
  const bytes = new Uint8Array([1, 2, 3]);
  descriptor.notifyAfterWrite(sayWritten(driven), { bytes });
  bytes.fill(9);
  assert.equal(news(), ["ok 3, left 0"]);
  assert.equal(connection.written, [1, 2, 3]);
  descriptor.notifyAfterWrite(sayWritten(driven), { bytes: bytes.subarray(0, 0) });
  assert.equal(news(), ["ok 0, left 0"], "of nothing");
}));

writes("should tell of each part, and go on by itself until all are taken", withDescriptor((driven) => {
  const { descriptor, connection, buffer, news } = driven;
  connection.isSlow = true;
  const total = 600_000;
  for (let at = 0; at < total; at += 1000) buffer.append(new Uint8Array(1000).fill(at / 1000 % 251));
  const steps: WriteStatus[] = [];
  descriptor.notifyAfterWrite((status) => {
    steps.push(status);
    if (!status.rearmed) return;
    assert.throws(() => buffer.length, /that an outstanding operation uses/);
    assert.throws(() => descriptor.notifyAfterWrite(nothing, { bytes: buffer }), /its last upcall has to return first/);
  }, { bytes: buffer });
  for (let round = 0; round < 100 && steps.at(-1)?.rearmed !== false; round++) {
    news();
    connection.takeAll();
  }
  assert.ok(steps.length > 1, "in several parts");
  let left = total;
  for (const { status, bytesWritten, bytesLeft, rearmed } of steps) {
    left -= bytesWritten;
    assert.equal([status.ok, bytesWritten > 0, bytesLeft, rearmed], [true, true, left, left > 0]);
  }
  assert.is(left, 0);
  assert.ok(connection.written.every((byte, at) => byte === Math.floor(at / 1000) % 251));
  assert.is(buffer.length, 0, "and it is the caller's again");
}));

writes("should refuse another one, and the other flavour, until it is over", withDescriptor((driven) => {
  const { descriptor, buffer, news, says, heard } = driven;
  buffer.append("out");
  descriptor.notifyAfterWrite(() => {
    assert.throws(() => descriptor.notifyAfterWrite(nothing, { bytes: buffer }), /before the last one is over/);
    assert.throws(() => descriptor.write(buffer), /^write while a notifyAfterWrite is outstanding/);
    heard.push("written");
  }, { bytes: buffer });
  assert.throws(() => buffer.append("more"), /that an outstanding operation uses/);
  assert.throws(() => descriptor.notifyWhenWritable(nothing), /^notifyWhenWritable while a notifyAfterWrite/);
  assert.throws(() => descriptor.shutdownSend(), /^shutdownSend while a notifyAfterWrite/);
  assert.throws(() => descriptor.notifyAfterWrite(nothing, { bytes: new Uint8Array(1) }), /before the last one/);
  assert.equal(news(), ["written"]);
  descriptor.notifyWhenWritable(says("writable"));
  assert.throws(() => descriptor.notifyAfterWrite(nothing, { bytes: buffer }), /waits for writable: one flavour/);
  assert.equal(news(), ["writable"]);
}));

writes("should give back what was not sent when it ends before", async () => {
  const ways = [["forceWritable", "cancelled"], ["close", "endpoint-closed"], ["release", "cancelled"]] as const;
  for (const [how, reason] of ways) {
    await withDescriptor((driven) => {
      const { descriptor, connection, buffer, news } = driven;
      connection.isSlow = true;
      buffer.append(new Uint8Array(600_000));
      descriptor.notifyAfterWrite(sayWritten(driven), { bytes: buffer });
      const written = news().map((line) => Number(/^ok (\d+), .*, on$/.exec(line)?.[1])).reduce((sum, n) => sum + n);
      descriptor[how]();
      assert.equal(news(), [`${reason} 0, left ${600_000 - written}`]);
      assert.is(buffer.length, 600_000 - written);
      connection.takeAll();
      driven.settle();
      assert.is(connection.written.length, written);
    })();
  }
});

writes("should say why no more is taken", withDescriptor((driven) => {
  const { descriptor, connection, buffer, news } = driven;
  connection.isSlow = true;
  buffer.append(new Uint8Array(600_000));
  descriptor.notifyAfterWrite(sayWritten(driven), { bytes: buffer });
  assert.ok(news().every((line) => line.startsWith("ok")));
  connection.events!.failed(ErrorCode.ConnectionReset);
  assert.match(news().join(), /^stream-failed 0, left \d+$/);
  assert.ok(buffer.length > 0);
  descriptor.notifyAfterWrite(sayWritten(driven), { bytes: new Uint8Array(5) });
  assert.equal(news(), ["stream-failed 0, left 5"]);
  assert.match(String(descriptor), /has-error set$/);
}));

writes("should go on beside a read, and survive upcalls that throw", withDescriptor((driven) => {
  const { descriptor, connection, thrown, news } = driven;
  const { allocate, upcall } = reader(driven, 1);
  descriptor.notifyAfterRead((status) => {
    upcall(status);
    throw new Error("a reader");
  }, allocate);
  descriptor.notifyAfterWrite(() => { throw new Error("a writer"); }, { bytes: new Uint8Array(2) });
  connection.arrive(1, 2);
  assert.equal(news(), ["1 and more", "2 and more"]);
  assert.equal(thrown.splice(0).map(String).sort(), ["Error: a reader", "Error: a reader", "Error: a writer"]);
  descriptor.notifyAfterWrite(sayWritten(driven), { bytes: new Uint8Array(2) });
  assert.equal(news(), ["ok 2, left 0"]);
  descriptor.close();
  assert.equal(news(), ["endpoint-closed"]);
  assert.equal(thrown.splice(0).map(String), ["Error: a reader"]);
}));

writes.run();
