// Where a list or string that was moved lies now: read right after the move, as functions give one value only.

export let pairAddress = 0;
export let pairLength = 0;

export function putPair(address: number, length: number): void {
  pairAddress = address;
  pairLength = length;
}
