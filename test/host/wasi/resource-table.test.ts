// The resource table: dense handles, kinds, children before parents, and a state that misuse does not change.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { IoError } from "#host/wasi/io-error.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Kind } from "#host/wasi/kind.js";
import { HANDLES_MAX } from "#host/wasi/limits.js";
import { Network } from "#host/wasi/network.js";
import { clearTables, ResourceTable } from "#host/wasi/resource-table.js";
import { WasiTrap } from "#host/wasi/trap.js";

const network = (): Network => new Network();

const adding = suite("add");

adding("should number from 1 without gaps and use the last freed handle first", () => {
  const table = new ResourceTable();
  assert.equal([1, 2, 3].map(() => table.add(network(), null)), [1, 2, 3]);
  table.drop(1, Kind.Network);
  table.drop(2, Kind.Network);
  assert.equal([1, 2, 3].map(() => table.add(network(), null)), [2, 1, 4]);
});

adding("should keep kinds right beyond the first few hundred handles", () => {
  const table = new ResourceTable();
  for (let index = 1; index <= 3000; index++) {
    table.add(index % 2 === 0 ? network() : new IoError(ErrorCode.Timeout), null);
  }
  assert.is(table.liveCountOf(Kind.Network), 1500);
  assert.is(table.get<IoError>(2999, Kind.IoError).code, ErrorCode.Timeout);
});

adding("should refuse a resource that has a handle already", () => {
  const table = new ResourceTable();
  const resource = network();
  table.add(resource, null);
  assert.throws(() => table.add(resource, null), /network already has handle 1/);
});

adding("should trap at the limit", () => {
  const table = new ResourceTable();
  for (let index = 0; index < HANDLES_MAX; index++) table.add(network(), null);
  assert.throws(() => table.add(network(), null), /too many handles/);
  table.drop(7, Kind.Network);
  assert.is(table.add(network(), null), 7);
});

adding.run();

// ---

const getting = suite("get and drop");

getting("should trap on every handle that is not of the kind", () => {
  const table = new ResourceTable();
  table.add(network(), null);
  table.add(network(), null);
  table.drop(2, Kind.Network);
  const wrong: [number, Kind, RegExp][] = [
    [0, Kind.Network, /unknown handle: 0 is not a network/],
    [2, Kind.Network, /unknown handle: 2 is not a network/],
    [3, Kind.Network, /unknown handle: 3/],
    [-1, Kind.Network, /unknown handle: -1/],
    [2 ** 31, Kind.Network, /unknown handle/],
    [1, Kind.TcpSocket, /wrong handle: 1 is a network, not a tcp-socket/],
    [1, Kind.Pollable, /wrong handle: 1 is a network, not a pollable/],
  ];
  for (const [handle, kind, message] of wrong) {
    for (const operation of ["get", "drop"] as const) {
      assert.throws(() => table[operation](handle, kind), (error: Error) =>
        error instanceof WasiTrap && message.test(error.message));
    }
  }
  assert.is(table.liveCount, 1);
  table.drop(1, Kind.Network);
  assert.is(table.liveCount, 0);
});

getting("should drop children before their parent only", () => {
  const table = new ResourceTable();
  const parent = network();
  table.add(parent, null);
  const child = table.add(network(), parent);
  assert.throws(() => table.drop(1, Kind.Network), /resource has children: network 1 still has 1/);
  assert.is(table.get(1, Kind.Network), parent, "nothing changed");
  table.drop(child, Kind.Network);
  table.drop(1, Kind.Network);
  assert.is(table.liveCount, 0);
});

getting("should release exactly once", () => {
  const table = new ResourceTable();
  let releases = 0;
  const resource = network();
  resource.release = () => { releases++; };
  table.add(resource, null);
  table.drop(1, Kind.Network);
  assert.throws(() => table.drop(1, Kind.Network), /unknown handle/);
  assert.is(releases, 1);
});

getting.run();

// ---

const clearing = suite("clear");

clearing("should release whole families, children first", () => {
  const table = new ResourceTable();
  const order: string[] = [];
  const add = (name: string, parent: Network | null): Network => {
    const resource = network();
    resource.release = () => { order.push(name); };
    table.add(resource, parent);
    return resource;
  };
  const child = add("child", add("parent", null));
  add("grandchild", child);
  add("second child", child.parent as Network);
  table.clear();
  assert.is(table.liveCount, 0);
  assert.ok(order.indexOf("grandchild") < order.indexOf("child"));
  assert.is(order.at(-1), "parent");
});

clearing.run();

// ---

const moving = suite("between the tables of one host");

moving("should keep parent and children, and free the old handle", () => {
  const [from, to] = [new ResourceTable(), new ResourceTable()];
  const [parent, child, grandchild] = [network(), network(), network()];
  from.add(parent, null);
  from.add(child, parent);
  from.add(grandchild, child);
  to.add(network(), null);
  const handle = to.put(from.take(child.handle, Kind.Network));
  assert.is(handle, 2);
  assert.throws(() => from.get(2, Kind.Network), /unknown handle/);
  assert.is(to.get(handle, Kind.Network), child);
  assert.throws(() => from.drop(parent.handle, Kind.Network), /resource has children/);
  assert.throws(() => to.drop(handle, Kind.Network), /resource has children/);
  assert.equal([from.liveCount, to.liveCount], [2, 2]);
  from.drop(grandchild.handle, Kind.Network);
  to.drop(handle, Kind.Network);
  from.drop(parent.handle, Kind.Network);
  assert.equal([from.liveCount, to.liveCount], [0, 1]);
});

moving("should refuse a wrong kind and what still has a handle", () => {
  const table = new ResourceTable();
  const resource = network();
  table.add(resource, null);
  assert.throws(() => table.take(1, Kind.Pollable), /wrong handle/);
  assert.throws(() => new ResourceTable().put(resource), /already has handle 1/);
});

moving("should all be cleared, children in other tables first", () => {
  const tables = [new ResourceTable(), new ResourceTable()] as const;
  const released: string[] = [];
  const named = (name: string): Network => Object.assign(network(), { release: () => { released.push(name); } });
  const [parent, child, grandchild] = [named("parent"), named("child"), named("grandchild")];
  tables[0].add(parent, null);
  tables[1].add(child, parent);
  tables[0].add(grandchild, child);
  clearTables(tables);
  assert.equal(released, ["grandchild", "child", "parent"]);
});

moving.run();
