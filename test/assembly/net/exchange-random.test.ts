// Readers and writers in random schedules: whatever the owner and the network do and when, every operation ends exactly
// once, no byte is lost, repeated or out of order, errors stay, and nothing leaks.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import { exchange, type Exchange } from "../../support/exchanging.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();

/** An owner that keeps books about one endpoint. */
class Owner {
  isReading = false;
  /** Bytes that the outstanding read waits for. */
  hint = 1;
  isWriting = false;
  isDestroyed = false;
  received = 0;
  /** Bytes of writes that ended well, and of the one that is outstanding. */
  accepted = 0;
  writing = 0;
  readEnding = "";
  writeEnding = "";
  writtenAtEnd = 0;

  constructor(readonly each: Exchange, private readonly dice: Random) {
    each.net.onEvent = (event) => this.#heard(event);
  }

  read(): void {
    if (this.isReading || this.isDestroyed) return;
    this.hint = this.dice.below(3) === 0 ? 1 + this.dice.below(200_000) : 1;
    this.isReading = true;
    if (this.each.read({ hint: this.hint, inline: this.dice.below(2) === 0 })) this.#took();
  }

  write(): void {
    if (this.isWriting || this.isDestroyed) return;
    const size = [0, this.dice.below(20), this.dice.below(3000), this.dice.below(150_000)][this.dice.below(4)]!;
    const { net, output } = this.each;
    this.isWriting = true;
    this.writing = size;
    for (let done = 0; done < size;) {
      const part = Math.min(size - done, 1 + this.dice.below(this.dice.below(2) === 0 ? 100 : 40_000));
      net.probe.write(net.call.bytesAddress!(), pattern.at(this.accepted + done, part));
      net.call.bufferAppendApart!(output, part);
      done += part;
    }
    const frame = this.dice.below(3) === 0 ? 1 + this.dice.below(5000) : 1 << 20;
    if (this.each.write(Buffer.alloc(0), { frame, inline: this.dice.below(2) === 0 })) {
      assert.is(this.writeEnding, "", "an error is never inline");
      this.#wrote();
    }
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.each.net.call.destroy!(this.each.endpoint);
  }

  /** What holds after every step. */
  check(): void {
    const { net, connection: { output }, input } = this.each;
    if (this.isReading) assert.ok(net.call.bufferLength!(input) < this.hint, "who has enough is not kept waiting");
    if (this.writeEnding !== "") assert.is(output.written, this.writtenAtEnd, "nothing is written after an error");
    else if (this.isWriting) assert.ok(output.written <= this.accepted + this.writing, "nothing is written twice");
    else assert.is(output.written, this.accepted);
  }

  #heard(event: string): void {
    const [, kind, reason] = /^(read|write) \d+: (.*)$/.exec(event)!;
    if (kind === "read") {
      assert.ok(this.isReading, "a read ends once");
      if (reason === "ok") return this.#took();
      this.isReading = false;
      assert.is(this.each.net.call.bufferLength!(this.each.input), 0, "an error or bytes, never both");
      if (reason === "endpoint closed") return assert.ok(this.isDestroyed);
      assert.is(this.each.connection.input.length, 0, "bytes come before the error");
      if (this.readEnding !== "") assert.is(reason, this.readEnding, "the first error stays");
      this.readEnding = reason!;
    } else {
      assert.ok(this.isWriting, "a write ends once");
      if (reason === "ok") {
        assert.is(this.writeEnding, "");
        return this.#wrote();
      }
      this.isWriting = false;
      if (this.writeEnding === "") this.writtenAtEnd = this.each.connection.output.written;
      this.writeEnding = reason!;
      if (reason === "endpoint closed") return assert.ok(this.isDestroyed);
    }
    if (this.dice.below(4) === 0) this.read();
    if (this.dice.below(4) === 0) this.write();
    if (this.dice.below(400) === 0) this.destroy();
  }

  #took(): void {
    this.isReading = false;
    const bytes = this.each.take();
    assert.ok(bytes.length > 0, "a read that is ok has bytes");
    assert.is(this.readEnding, "", "no bytes after an error");
    pattern.check(this.received, bytes);
    this.received += bytes.length;
  }

  #wrote(): void {
    this.isWriting = false;
    this.accepted += this.writing;
    this.writing = 0;
    assert.is(this.each.connection.output.written, this.accepted, "ok means that all of it was taken");
  }
}

const random = suite("reader and writer, random schedules");

random("should end every operation once and lose no byte, whatever happens when", async () => {
  const dice = new Random();
  for (let round = 0; round < 150; round++) {
    const each = await exchange();
    const { net, connection: { input, output } } = each;
    const owner = new Owner(each, dice);
    const endsEarly = round % 3 === 0;
    let sent = 0;
    for (let step = 0; step < 200; step++) {
      const choice = dice.below(12);
      if (choice < 2) owner.read();
      else if (choice < 4) owner.write();
      else if (choice < 6 && !input.ended && !input.failed) {
        const size = dice.below(dice.below(3) === 0 ? 150_000 : 300);
        input.push(pattern.at(sent, size));
        sent += size;
      } else if (choice === 6) output.take(dice.below(60_000));
      else if (choice === 7) output.room = dice.below(4) === 0 ? 0 : dice.below(70_000);
      else if (choice === 8 && endsEarly && dice.below(30) === 0) input.ended = true;
      else if (choice === 9 && endsEarly && dice.below(30) === 0) input.failed = output.failed = true;
      else if (choice === 10 && endsEarly && dice.below(40) === 0) owner.destroy();
      else if (choice === 11) net.settle();
      else net.turn();
      owner.check();
    }
    if (!owner.isDestroyed && !endsEarly) {
      output.room = 65_536;
      input.ended = true; // what a read still wishes for will not come
      for (let more = 0; more < 500 && (owner.received < sent || owner.isWriting); more++) {
        owner.read();
        net.settle();
        output.take(Infinity);
      }
      assert.is(owner.received, sent, "every byte came");
      assert.not(owner.isWriting);
    }
    owner.destroy();
    net.settle();
    assert.not(owner.isReading || owner.isWriting, "everything has ended");
    if (!output.failed) pattern.check(0, output.received);
    output.take(Infinity);
    for (const buffer of [each.input, each.output]) net.call.bufferDestroy!(buffer);
    net.checkNothingLeft();
  }
});

random.run();
