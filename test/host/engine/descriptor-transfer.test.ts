// The states of the libuv flavour on a stand-in for the descriptor: every operation in every state, written out, and
// random ones against a model.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Moved, Transfer, type Transferring } from "#host/engine/event-manager/libuv-transfer.js";
import { OK_STATUS, type Status } from "#host/engine/status.js";
import { Random, SEED } from "../../support/bytes.js";

const LEFT: Status = { ...OK_STATUS, ok: false, reason: "left" };

/** A condition and some work, which do as they are told and keep what they were asked. */
class StandIn implements Transferring {
  readonly log: string[] = [];
  /** Events that were asked for and have not come. */
  armed = 0;
  /** What the next tries come to. */
  readonly moves: Moved[] = [];
  inPrepare: () => void = () => {};
  inMove: () => void = () => {};
  inTell: () => void = () => {};
  readonly transfer = new Transfer({
    arm: () => {
      this.armed++;
      this.log.push("arm");
    },
    clear: () => this.log.push("clear"),
    why: () => LEFT,
  });

  prepare(): void {
    this.log.push("prepare");
    this.inPrepare();
  }

  move(): Moved {
    this.inMove();
    const moved = this.moves.shift() ?? Moved.Last;
    this.log.push(`move ${Moved[moved]}`);
    return moved;
  }

  tell(ended: Status | null, rearmed: boolean): void {
    this.log.push(`${ended?.reason ?? "ok"}${rearmed ? " rearmed" : ""}`);
    this.inTell();
  }

  begin(): void {
    this.transfer.begin("notifyAfterRead", () => this);
  }

  event(): void {
    assert.is(this.armed, 1, "one event at a time");
    this.armed--;
    this.transfer.occurred();
  }

  /** Lets everything come that was asked for. */
  settle(): void {
    for (let step = 0; this.armed > 0; step++) {
      assert.ok(step < 100, "it never comes to rest");
      this.event();
    }
    assert.ok(this.transfer.isIdle, "nothing is outstanding");
  }

  /** What was asked since the last look. */
  take(): string[] {
    return this.log.splice(0);
  }
}

const states = suite("each operation in each state");

const REFUSED = /^notifyAfterRead before the last one is over/;
const DEFECT = /an event for a transfer that waits for none/;

type Operation = "begin" | "event" | "force" | "end";
const run = (stand: StandIn, operation: Operation): void => {
  if (operation === "begin") stand.begin();
  else if (operation === "event" && stand.armed > 0) stand.event();
  else if (operation === "event") stand.transfer.occurred();
  else if (operation === "force") stand.transfer.force();
  else stand.transfer.end(LEFT);
};

/** In each state: the operation, what it throws if it does, and all that happens from the operation on. */
type Row = [operation: Operation, thrown: RegExp | null, then: string[]];

const check = (name: string, rows: Row[], inState: (stand: StandIn, act: () => void) => void): void => {
  for (const [operation, thrown, then] of rows) {
    states(`should, ${name}, answer ${operation}`, () => {
      const stand = new StandIn();
      let acted = 0;
      inState(stand, () => {
        acted++;
        stand.take();
        if (thrown === null) run(stand, operation);
        else assert.throws(() => run(stand, operation), thrown);
      });
      assert.is(acted, 1);
      assert.equal(stand.take(), then);
    });
  }
};

check("when nothing is outstanding", [
  ["begin", null, ["arm", "prepare", "move Last", "ok"]],
  ["event", DEFECT, []],
  ["force", null, []],
  ["end", null, []],
], (stand, act) => {
  act();
  stand.settle();
});

check("while it waits, and nothing is there", [
  ["begin", REFUSED, ["prepare", "move Nothing", "clear", "arm", "prepare", "move Last", "ok"]],
  ["force", null, ["prepare", "move Nothing", "cancelled"]],
  ["end", null, ["left"]],
], (stand, act) => {
  stand.moves.push(Moved.Nothing);
  stand.begin();
  act();
  stand.settle();
});

check("while it waits, and a part is there", [
  ["event", null, ["prepare", "move Part", "arm", "ok rearmed", "prepare", "move Last", "ok"]],
  ["force", null, ["prepare", "move Part", "arm", "ok rearmed", "prepare", "move Last", "ok"]],
  ["end", null, ["left"]],
], (stand, act) => {
  stand.moves.push(Moved.Part);
  stand.begin();
  act();
  stand.settle();
});

check("while it makes room, and nothing is there", [
  ["begin", REFUSED, ["move Nothing", "clear", "arm", "prepare", "move Last", "ok"]],
  ["event", DEFECT, ["move Nothing", "clear", "arm", "prepare", "move Last", "ok"]],
  ["force", null, ["move Nothing", "cancelled"]],
  ["end", null, ["left"]],
], (stand, act) => {
  stand.moves.push(Moved.Nothing);
  stand.inPrepare = () => {
    stand.inPrepare = () => {};
    act();
  };
  stand.begin();
  stand.settle();
});

check("in an upcall that will run again", [
  ["begin", REFUSED, ["prepare", "move Nothing", "clear", "arm", "prepare", "move Last", "ok"]],
  ["force", null, ["prepare", "move Nothing", "cancelled"]],
  ["end", null, ["left"]],
], (stand, act) => {
  stand.moves.push(Moved.Part, Moved.Nothing);
  stand.inTell = () => {
    stand.inTell = () => {};
    act();
  };
  stand.begin();
  stand.settle();
});

check("in the last upcall", [
  ["begin", REFUSED, []],
  ["event", DEFECT, []],
  ["force", null, []],
  ["end", null, []],
], (stand, act) => {
  stand.inTell = act;
  stand.begin();
  stand.settle();
});

states("should be the last upcall's when it has returned, and not before", () => {
  const stand = new StandIn();
  stand.inTell = () => assert.not(stand.transfer.isIdle);
  stand.begin();
  assert.not(stand.transfer.isIdle);
  stand.settle();
  stand.begin();
  stand.settle();
  assert.is(stand.take().filter((entry) => entry === "ok").length, 2);
});

states("should be over although the last upcall throws, and go on when another one does", () => {
  const stand = new StandIn();
  stand.moves.push(Moved.Part);
  stand.inTell = () => { throw new Error("an upcall"); };
  stand.begin();
  assert.throws(() => stand.event(), /^an upcall$/);
  assert.is(stand.armed, 1);
  assert.throws(() => stand.event(), /^an upcall$/);
  assert.is(stand.armed, 0);
  assert.ok(stand.transfer.isIdle);
});

states("should be over when a try throws, and say why", () => {
  const work = new StandIn();
  work.begin();
  work.inMove = () => { throw new Error("the engine failed"); };
  work.event();
  assert.equal(work.take(), ["arm", "prepare", "left"]);
  work.transfer.end(LEFT);
  work.transfer.force();
  work.settle();
  assert.equal(work.take(), []);
});

states("should not have begun when the work could not be made", () => {
  const stand = new StandIn();
  assert.throws(() => stand.transfer.begin("notifyAfterRead", () => { throw new Error("no work"); }), /^no work$/);
  assert.ok(stand.transfer.isIdle);
  assert.equal(stand.take(), []);
});

states("should take a force for the event that it made, and not for a later one", () => {
  const stand = new StandIn();
  stand.moves.push(Moved.Part, Moved.Nothing);
  stand.begin();
  stand.transfer.force();
  stand.event();
  stand.event();
  assert.equal(stand.take().slice(-3), ["move Nothing", "clear", "arm"], "the force was used up by the part");
  stand.settle();
});

states("should forget a force of the read before", () => {
  const stand = new StandIn();
  stand.begin();
  stand.transfer.force();
  stand.settle();
  stand.transfer.force();
  stand.moves.push(Moved.Nothing);
  stand.begin();
  stand.event();
  assert.equal(stand.take().slice(-1), ["arm"]);
  stand.settle();
});

states.run();

// ---

/** What must happen, by rules that know no states: the notes, and what is on the stack. */
class Model {
  outstanding = false;
  armed = false;
  private last = false;
  private forced = false;
  private left = false;
  readonly log: string[] = [];

  begin(): boolean {
    if (this.outstanding) return false;
    this.outstanding = true;
    this.arm();
    return true;
  }

  force(): void {
    if (this.outstanding && !this.last) this.forced = true;
  }

  end(_status: Status): void {
    if (this.outstanding && !this.last) this.left = true;
  }

  event(move: Moved, inPrepare: () => void, inTell: () => void): void {
    this.armed = false;
    if (!this.left) {
      this.log.push("prepare");
      inPrepare();
    }
    if (this.left) return this.tellLast("left", inTell);
    this.log.push(`move ${Moved[move]}`);
    if (move === Moved.Last) return this.tellLast("ok", inTell);
    if (move === Moved.Part) {
      this.arm();
      this.log.push("ok rearmed");
      return inTell();
    }
    if (this.forced) return this.tellLast("cancelled", inTell);
    this.log.push("clear");
    this.arm();
  }

  private arm(): void {
    this.armed = true;
    this.forced = false;
    this.log.push("arm");
  }

  private tellLast(reason: string, inTell: () => void): void {
    this.last = true;
    this.log.push(reason);
    inTell();
    this.outstanding = this.last = this.left = this.forced = false;
  }
}

const random = suite(`random transfers (TEST_SEED=${SEED})`);

random("should do what the model says, whatever comes from inside of callbacks", () => {
  for (let round = 0; round < 300; round++) {
    const choices = new Random(SEED + round);
    const stand = new StandIn();
    const model = new Model();
    const both = (operation: number): void => {
      if (operation === 0) {
        const began = model.begin();
        if (began) stand.begin();
        else assert.throws(() => stand.begin(), REFUSED);
      } else if (operation === 1) {
        model.force();
        stand.transfer.force();
      } else if (operation === 2) {
        model.end(LEFT);
        stand.transfer.end(LEFT);
      }
    };
    for (let step = 0; step < 200; step++) {
      const operation = choices.below(6);
      if (operation < 3) {
        both(operation);
      } else if (model.armed) {
        const move = choices.below(3) as Moved;
        const inside = [choices.below(8), choices.below(8)] as const;
        stand.moves.push(move);
        runInside(stand, model, move, inside);
        stand.moves.length = 0;
      }
      assert.equal(stand.log, model.log, `round ${round}, step ${step}`);
      assert.is(stand.armed, model.armed ? 1 : 0);
      assert.is(stand.transfer.isIdle, !model.outstanding);
    }
  }
});

/** One event, with an operation inside of the allocator and one inside of the upcall. */
function runInside(stand: StandIn, model: Model, move: Moved, inside: readonly [number, number]): void {
  // The machine and the model take turns at the same points, so each runs the operation for itself.
  const act = (operation: number, real: boolean): void => {
    if (operation === 0 && real) assert.throws(() => stand.begin(), REFUSED);
    if (operation === 1) (real ? stand.transfer : model).force();
    if (operation === 2) (real ? stand.transfer : model).end(LEFT);
  };
  stand.inPrepare = () => act(inside[0], true);
  stand.inTell = () => act(inside[1], true);
  stand.event();
  model.event(move, () => act(inside[0], false), () => act(inside[1], false));
}

random.run();
