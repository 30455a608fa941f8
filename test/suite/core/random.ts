// Random numbers whose seed is told when an expectation fails. `--seed N` behind a body's name repeats a run.

import { nextU64 } from "../../../assembly/wasi/random";
import { parameter } from "./harness";

@final
export class Random {
  private state: u32;

  constructor(readonly seed: u32) {
    this.state = seed;
  }

  static seeded(): Random {
    return new Random(<u32>parameter("--seed", nextU64()));
  }

  next(): u32 {
    this.state += 0x9e3779b9;
    let mixed = this.state;
    mixed = (mixed ^ (mixed >>> 16)) * 0x21f0aaad;
    mixed = (mixed ^ (mixed >>> 15)) * 0x735a2d97;
    return mixed ^ (mixed >>> 15);
  }

  below(limit: u32): u32 {
    return this.next() % limit;
  }

  text(): string {
    return "seed " + this.seed.toString();
  }
}
