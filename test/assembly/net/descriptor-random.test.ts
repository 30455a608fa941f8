// Descriptors in random schedules, against a model: every status, every registration, what each closure is told and at
// which level of which turn, every byte, and nothing left behind.
import * as assert from "uvu/assert";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import { Describing, describing, FAILED, HAS_ERROR, suiteOfBoth } from "../../support/describing.js";
import { DescriptorModel, type Told } from "../../support/descriptor-model.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();
const MS = 1_000_000;

class Schedule {
  readonly model: DescriptorModel;
  /** What the turn that runs is to tell yet, and the level that it has come down to. */
  running: Told[] = [];
  level = 0;
  owners = 0;
  sent = 0;
  received = 0;
  written = 0;
  told = 0;

  constructor(public each: Describing, private readonly dice: Random, private readonly ends: boolean) {
    this.model = new DescriptorModel(each.connection, each.net.telling);
    each.net.onEvent = (event) => this.#heard(event);
  }

  /** Any operation, or something that the network does. */
  step(): void {
    const { dice, each: { net } } = this;
    const choice = dice.below(20);
    if (choice < 5) this.turn();
    else if (choice === 5) net.host.nowNs += BigInt(dice.below(5 * MS));
    else if (choice < 9) this.#network(dice.below(5));
    else this.act();
    this.check();
  }

  /** One operation of the owner's. */
  act(): void {
    const { dice, each, model } = this;
    const condition = dice.below(3);
    const choice = dice.below(16);
    if (model.isClosed) return choice === 0 ? this.#registerAgain() : undefined;
    if (choice < 7) {
      if (model.waiting[condition] !== undefined) return;
      const deadline = dice.below(2) === 0 ? -1n : each.net.host.nowNs + BigInt(dice.below(10 * MS));
      each.notify(condition, ++this.owners, deadline);
      model.notify(condition, this.owners, deadline);
    } else if (choice < 10) {
      each.clear(condition);
      model.set[condition] = false;
    } else if (choice === 10) {
      each.force(condition);
      model.force(condition);
    } else if (choice === 11) {
      const level = dice.below(5);
      each.setPriority(condition, level);
      model.levels[condition] = level;
    } else if (choice < 14) this.#read(dice.below(3) === 0 ? dice.below(20) : dice.below(5000));
    else if (choice === 14) this.#write(dice.below(4) === 0 ? 0 : dice.below(3000));
    else if (dice.below(12) === 0) this.#leave(dice.below(3));
  }

  turn(): void {
    const { each: { net } } = this;
    this.running = this.model.turn(net.host.nowNs);
    this.level = 4;
    net.turn();
    assert.equal(this.running, [], "every closure that was due ran");
  }

  check(): void {
    const { each, model } = this;
    each.check();
    assert.is(each.net.call.liveIo!(7), model.queued.length + model.waiting.filter(Boolean).length);
    const { set, registered, isClosed, holdsBytes } = each.state;
    assert.is(isClosed, model.isClosed);
    assert.equal(registered, model.waiting.map((waiting) => waiting !== undefined));
    if (isClosed) return;
    assert.equal(set, model.set);
    assert.is(holdsBytes, model.piece > 0);
    assert.is(each.connection.input.length, model.available);
  }

  #heard(event: string): void {
    const index = this.running.findIndex(({ text }) => text === event);
    assert.ok(index >= 0, `${event} was not due`);
    const [{ level }] = this.running.splice(index, 1) as [Told];
    assert.ok(level <= this.level, "never a lower level before a higher one");
    this.level = level;
    this.told++;
    for (let more = this.dice.below(3); more > 0; more--) this.act();
  }

  #network(choice: number): void {
    const { dice, each: { connection: { input, output } }, model } = this;
    if (choice < 2 && !input.ended && !input.failed) {
      const size = dice.below(dice.below(2) === 0 ? 30 : 3000);
      input.push(pattern.at(this.sent, size));
      this.sent += size;
      model.available += size;
    } else if (choice === 2) output.take(dice.below(3000));
    else if (choice === 3) output.room = dice.below(3) === 0 ? 0 : dice.below(6000);
    else if (this.ends && dice.below(40) === 0) {
      // In turns of their own: with other events in one turn, it would depend on the order of the host's hints.
      this.turn();
      const how = dice.below(3);
      if (how === 0) input.ended = true;
      else if (how === 1) input.failed = true;
      else output.failed = true;
      this.turn();
    }
  }

  #read(most: number): void {
    const wanted = this.model.read(most);
    const found = this.each.read(most);
    if (typeof found === "number") return assert.is(found, wanted);
    assert.is(found.length, wanted);
    pattern.check(this.received, found);
    this.received += found.length;
  }

  #write(size: number): void {
    const { each, model } = this;
    const length = each.unwritten + size;
    const wanted = model.write(length);
    const found = each.write(pattern.at(this.written + each.unwritten, size));
    assert.is(found, wanted);
    if (found <= 0) return;
    this.written += found;
    assert.is(each.connection.output.written, this.written);
    assert.is(each.unwritten, length - found);
  }

  #leave(choice: number): void {
    const { each, model } = this;
    if (choice === 0 && this.ends) {
      each.net.call.shutdownSend!(each.self);
      model.shutdownSend();
      return;
    }
    model.close();
    if (choice === 1 && this.ends) return each.close();
    each.release();
  }

  #registerAgain(): void {
    const { each, model } = this;
    if (!each.isReleased) return; // it is gone for good
    each.destroy();
    for (const buffer of [each.input]) each.net.call.bufferDestroy!(buffer);
    const next = new Describing(each.net, each.connection, each.endpoint);
    each.net.call.bufferSwap!(each.output, next.output); // what was not written yet
    each.net.call.bufferDestroy!(each.output);
    this.each = next;
    model.registerAgain();
  }
}

const random = suiteOfBoth("descriptor, random schedules");

random("should do what the model does, whatever happens when", async (telling) => {
  const dice = new Random();
  let [told, errors] = [0, 0];
  for (let round = 0; round < 250; round++) {
    const schedule = new Schedule(await describing(telling), dice, round % 2 === 0);
    for (let step = 0; step < 300; step++) schedule.step();
    const { model } = schedule;
    if (!model.isClosed && round % 2 === 1) { // nothing was broken: every byte comes
      for (let more = 0; more < 100 && schedule.received < schedule.sent; more++) {
        const bytes = schedule.each.read(5000) as Buffer;
        pattern.check(schedule.received, bytes);
        schedule.received += bytes.length;
      }
      assert.is(schedule.received, schedule.sent);
    }
    told += schedule.told;
    errors += model.inputEnding === FAILED || model.set[HAS_ERROR] === true ? 1 : 0;
    schedule.each.net.onEvent = () => {};
    schedule.each.end();
    const { output } = schedule.each.connection;
    assert.ok(output.failed || schedule.written === output.received.length);
    pattern.check(0, output.received);
  }
  assert.ok(told > 5000 && errors > 20, `${told} closures, ${errors} errors: the schedules were worth it`);
});

random.run();
