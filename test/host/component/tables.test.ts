// Tables of handles of the instances of one guest: resources that move, are lent, and end in any order.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Kind } from "#host/wasi/kind.js";
import { Resource } from "#host/wasi/resource.js";
import { clearTables, ResourceTable } from "#host/wasi/resource-table.js";
import { Random, SEED } from "../../support/bytes.js";

console.log(`TEST_SEED=${SEED}`);
const STEPS = 20_000;

class Thing extends Resource {
  readonly kind = Kind.Network;
  releases = 0;

  release(): void {
    this.releases++;
  }
}

const moving = suite("resources between tables");

moving("should move with their parent and their children", () => {
  const one = new ResourceTable();
  const other = new ResourceTable();
  const [parent, child] = [new Thing(), new Thing()];
  const handle = one.add(parent, null);
  const childHandle = one.add(child, parent);
  const moved = other.put(one.take(childHandle, Kind.Network));
  assert.is(other.get(moved, Kind.Network), child);
  assert.throws(() => one.get(childHandle, Kind.Network), /unknown handle/);
  assert.throws(() => one.drop(handle, Kind.Network), /resource has children/);
  const parentMoved = other.put(one.take(handle, Kind.Network));
  assert.throws(() => other.drop(parentMoved, Kind.Network), /resource has children/);
  other.drop(moved, Kind.Network);
  other.drop(parentMoved, Kind.Network);
  assert.equal([parent.releases, child.releases, one.liveCount, other.liveCount], [1, 1, 0, 0]);
});

moving("should survive the handles by which they are lent", () => {
  const one = new ResourceTable();
  const other = new ResourceTable();
  const thing = new Thing();
  const own = one.add(thing, null);
  const lent = other.lend(thing);
  assert.is(other.get(lent, Kind.Network), thing);
  assert.equal([other.isBorrowed(lent), one.isBorrowed(own), other.borrowedCount], [true, false, 1]);
  assert.throws(() => other.take(lent, Kind.Network), /is borrowed, so it cannot be given away/);
  other.drop(lent, Kind.Network);
  assert.equal([thing.releases, other.borrowedCount, other.liveCount], [0, 0, 0]);
  assert.throws(() => other.drop(lent, Kind.Network), /unknown handle/);
  one.drop(own, Kind.Network);
  assert.is(thing.releases, 1);
});

moving("should not be reached while their table is closed", () => {
  const table = new ResourceTable();
  const handle = table.add(new Thing(), null);
  assert.is(table.close(), true);
  assert.is(table.close(), false, "it was closed already");
  const calledOut = /the guest calls out while it allocates or cleans up/;
  assert.throws(() => table.get(handle, Kind.Network), calledOut);
  assert.throws(() => table.drop(handle, Kind.Network), calledOut);
  assert.throws(() => table.take(handle, Kind.Network), calledOut);
  assert.throws(() => table.add(new Thing(), null), calledOut);
  assert.throws(() => table.lend(new Thing()), calledOut);
  table.open();
  table.drop(handle, Kind.Network);
  assert.is(table.liveCount, 0);
});

moving("should be released once each, children first, whatever was done before", () => {
  const random = new Random();
  const tables = [new ResourceTable(), new ResourceTable(), new ResourceTable()];
  const anyTable = (): ResourceTable => tables[random.below(tables.length)] as ResourceTable;
  const owned: { thing: Thing; table: ResourceTable }[] = [];
  const lent: { table: ResourceTable; handle: number }[] = [];
  const all: Thing[] = [];
  for (let step = 0; step < STEPS; step++) {
    const entry = owned[random.below(Math.max(1, owned.length))];
    switch (random.below(5)) {
      case 0: {
        const thing = new Thing();
        const table = anyTable();
        table.add(thing, entry !== undefined && random.below(2) === 0 ? entry.thing : null);
        owned.push({ thing, table });
        all.push(thing);
        break;
      }
      case 1:
        if (entry === undefined) break;
        entry.table.take(entry.thing.handle, Kind.Network);
        entry.table = anyTable();
        entry.table.put(entry.thing);
        break;
      case 2: {
        const table = anyTable();
        if (entry !== undefined && lent.length < 50) lent.push({ table, handle: table.lend(entry.thing) });
        break;
      }
      case 3: {
        const borrow = lent.pop();
        borrow?.table.drop(borrow.handle, Kind.Network);
        break;
      }
      default:
        if (entry === undefined || entry.thing.childCount > 0) break;
        entry.table.drop(entry.thing.handle, Kind.Network);
        owned.splice(owned.indexOf(entry), 1);
    }
    const live = tables.reduce((sum, table) => sum + table.liveCount, 0);
    assert.is(live, owned.length + lent.length, `TEST_SEED=${SEED}, step ${step}`);
  }
  assert.ok(owned.some(({ thing }) => thing.childCount > 0), "there are parents left");
  clearTables(tables);
  assert.equal(tables.map((table) => table.liveCount), [0, 0, 0]);
  assert.ok(all.every((thing) => thing.releases === 1), `TEST_SEED=${SEED}`);
});

moving.run();
