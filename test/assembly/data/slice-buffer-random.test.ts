// Random operations on slice buffers against arrays of bytes: the same bytes after every step, and nothing leaks.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import { Data } from "./data-probe.js";

console.log(`TEST_SEED=${SEED}`);

const BUFFERS = 4;
const STEPS = 700;
/** Bytes that a buffer may hold, so that a check of everything stays quick. */
const LENGTH_MAX = 3000;

class Play {
  readonly buffers: number[];
  readonly models: number[][];
  readonly #spare: number;
  readonly #pattern = new Pattern();
  #written = 0;

  constructor(readonly data: Data, readonly random: Random) {
    this.buffers = Array.from({ length: BUFFERS }, () => data.call.create());
    this.models = this.buffers.map(() => []);
    this.#spare = data.call.sliceCreate();
  }

  /** New bytes, of a length that is often near the limit of inlined ones. */
  bytes(): Uint8Array {
    const length = this.random.below([2, 14, 40, 300][this.random.below(4)]!);
    this.#written += length;
    return Uint8Array.from(this.#pattern.at(this.#written, length));
  }

  slice(bytes: Uint8Array): number {
    const { call } = this.data;
    if (this.random.below(3) === 0) return this.data.paidSlice(bytes, this.random.below(3));
    const slice = this.data.slice(bytes);
    if (this.random.below(4) > 0 || bytes.length < 2) return slice;
    // A part of something larger that is shared with nobody any more.
    const part = call.sliceCreate();
    call.splitTail(slice, this.random.below(bytes.length), part);
    const whole = call.create();
    for (const each of [slice, part]) {
      call.append(whole, each);
      call.sliceDestroy(each);
    }
    const buffer = this.random.below(BUFFERS);
    this.models[buffer]!.push(...bytes);
    call.moveFirst(whole, bytes.length, this.buffers[buffer]!);
    call.destroy(whole);
    return call.sliceCreate();
  }

  step(): void {
    const { call } = this.data;
    const index = this.random.below(BUFFERS);
    const [buffer, model] = [this.buffers[index]!, this.models[index]!];
    if (model.length > LENGTH_MAX) return this.#remove(buffer, model);
    const bytes = this.bytes();
    const slice = this.random.below(2) === 0 ? this.slice(bytes) : 0;
    if (slice !== 0) {
      const held = this.data.bytesOf(slice);
      if (this.random.below(3) === 0) {
        call.prepend(buffer, slice);
        model.unshift(...held);
      } else {
        call.append(buffer, slice);
        model.push(...held);
      }
      call.sliceDestroy(slice);
      return;
    }
    const choice = this.random.below(12);
    if (choice < 4) this.#write(buffer, model, bytes);
    else if (choice < 7) this.#move(index);
    else if (choice < 8) this.#change(buffer, model);
    else if (choice < 9) this.#share(index);
    else this.#remove(buffer, model);
  }

  check(): void {
    const { call } = this.data;
    for (const [index, buffer] of this.buffers.entries()) {
      assert.is(call.isValid(buffer), 1);
      assert.is(call.length(buffer), this.models[index]!.length);
      assert.equal([...this.data.content(buffer)], this.models[index]);
    }
  }

  end(): void {
    for (const buffer of this.buffers) this.data.call.destroy(buffer);
    this.data.call.sliceDestroy(this.#spare);
    this.data.assertEmpty();
  }

  #write(buffer: number, model: number[], bytes: Uint8Array): void {
    const { call } = this.data;
    const how = this.random.below(3);
    if (how === 0) call.appendCopy(buffer, this.data.write(bytes), bytes.length);
    else if (bytes.length === 0) return;
    else this.data.probe.write(call[how === 1 ? "appendSpace" : "prependSpace"]!(buffer, bytes.length), bytes);
    if (how === 2) model.unshift(...bytes);
    else model.push(...bytes);
  }

  #move(from: number): void {
    const { call } = this.data;
    const to = (from + 1 + this.random.below(BUFFERS - 1)) % BUFFERS;
    const [source, target] = [this.models[from]!, this.models[to]!];
    const count = this.random.below(4) === 0 ? source.length : this.random.below(source.length + 1);
    const how = this.random.below(5);
    if (how < 2) {
      call.moveFirst(this.buffers[from]!, count, this.buffers[to]!);
      target.push(...source.splice(0, count));
    } else if (how < 4) {
      call.moveLast(this.buffers[from]!, count, this.buffers[to]!);
      target.push(...source.splice(source.length - count));
    } else {
      call.swap(this.buffers[from]!, this.buffers[to]!);
      [this.models[from], this.models[to]] = [target, source];
    }
  }

  /** Writes over one slice: nobody who shares its bytes may notice. */
  #change(buffer: number, model: number[]): void {
    const { call } = this.data;
    const count = call.count(buffer);
    if (count === 0) return;
    const index = this.random.below(count);
    const lengths = this.data.lengths(buffer);
    const begin = lengths.slice(0, index).reduce((sum, length) => sum + length, 0);
    const bytes = Uint8Array.from({ length: lengths[index]! }, () => this.random.below(256));
    this.data.probe.write(call.mutableAt(buffer, index), bytes);
    model.splice(begin, bytes.length, ...bytes);
  }

  /** Puts a second reference to the first slice at the end of another buffer. */
  #share(from: number): void {
    const { call } = this.data;
    if (call.count(this.buffers[from]!) === 0) return;
    const other = call.sliceCreate();
    call.takeFirst(this.buffers[from]!, this.#spare);
    call.share(this.#spare, other);
    const bytes = this.data.bytesOf(other);
    call.prepend(this.buffers[from]!, this.#spare);
    const to = this.random.below(BUFFERS);
    call.append(this.buffers[to]!, other);
    this.models[to]!.push(...bytes);
    call.sliceDestroy(other);
  }

  #remove(buffer: number, model: number[]): void {
    const { call } = this.data;
    const count = this.random.below(model.length + 1);
    const how = this.random.below(6);
    if (how === 0) {
      call.trimStart(buffer, count);
      model.splice(0, count);
    } else if (how === 1) {
      call.trimEnd(buffer, count);
      model.splice(model.length - count);
    } else if (how === 2) {
      const target = this.data.write(new Uint8Array(count));
      call.moveFirstTo(buffer, count, target);
      assert.equal([...this.data.probe.bytes(target, count)], model.splice(0, count));
    } else if (how === 3) {
      const target = this.data.write(new Uint8Array(model.length));
      call.copyOut(buffer, count, model.length - count, target);
      assert.equal([...this.data.probe.bytes(target, model.length - count)], model.slice(count));
    } else if (how === 4 && this.random.below(10) === 0) {
      call.clear(buffer);
      model.length = 0;
    } else if (call.count(buffer) > 0) {
      call.takeFirst(buffer, this.#spare);
      assert.equal([...this.data.bytesOf(this.#spare)], model.splice(0, call.lengthOf(this.#spare)));
      call.sliceClear(this.#spare);
    }
  }
}

const random = suite("slice-buffer, random");

for (let run = 0; run < 8; run++) {
  random(`should hold the same bytes as an array after every step (${run})`, async () => {
    const play = new Play(await Data.create(), new Random(SEED + run));
    for (let count = 0; count < STEPS; count++) {
      play.step();
      play.check();
    }
    play.end();
  });
}

random.run();
