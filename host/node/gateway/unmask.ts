// Faster unmasking for WebSockets of `ws`. A page's frames are masked by an XOR, which `ws` undoes byte by byte: that
// is a third of the processor time that a gateway needs for them. By words it is a tenth of that.
//
// `ws` has no public way to this, so its receiver is helped from outside: when a frame's data is all there, it is
// unmasked and put back, with a mask of zeros that leaves it alone. Where the receiver is not as known, nothing is
// done, and `ws` does it all.

/** Shorter ones are not worth the trouble. */
const LENGTH_MIN = 256;
const WORD_BYTES = 4;
const NO_MASK = new Uint8Array(4);

/** What is used of the receiver inside of a WebSocket of `ws` 8. */
interface Receiver {
  readonly _masked: boolean;
  readonly _payloadLength: number;
  readonly _buffers: Uint8Array[];
  _mask: Uint8Array | undefined;
  _bufferedBytes: number;
  /** Takes bytes from the front of `_buffers`, as one piece. */
  consume(count: number): Uint8Array;
  /** Takes the data of a frame, or waits for more. */
  getData(done: unknown): void;
}

/** Undoes the mask, which begins with the first byte. */
export function unmask(bytes: Uint8Array, mask: Uint8Array): void {
  const { length } = bytes;
  // Words begin at multiples of 4; a few bytes may have none.
  const head = length < WORD_BYTES * 2 ? length : -bytes.byteOffset & 3;
  const count = (length - head) >>> 2;
  const words = new Int32Array(bytes.buffer, count === 0 ? 0 : bytes.byteOffset + head, count);
  const tail = head + count * WORD_BYTES;
  for (let at = 0; at < head; at++) bytes[at]! ^= mask[at & 3]!;
  const turned = Uint8Array.from([0, 1, 2, 3], (at) => mask[(head + at) & 3] as number);
  const word = new Int32Array(turned.buffer)[0] as number;
  for (let at = 0; at < words.length; at++) words[at]! ^= word;
  for (let at = tail; at < length; at++) bytes[at]! ^= mask[at & 3]!;
}

/** Has the messages of this WebSocket unmasked by words from here on; says whether it is one that can be helped. */
export function unmaskFaster(socket: object): boolean {
  const receiver = (socket as { _receiver?: Partial<Receiver> })._receiver;
  if (!isKnown(receiver)) return false;
  const { getData } = receiver;
  receiver.getData = (done) => {
    const { _masked, _mask, _payloadLength: length } = receiver;
    if (_masked && _mask !== undefined && length >= LENGTH_MIN && receiver._bufferedBytes >= length) {
      const bytes = receiver.consume(length);
      unmask(bytes, _mask);
      receiver._mask = NO_MASK;
      receiver._buffers.unshift(bytes);
      receiver._bufferedBytes += length;
    }
    getData.call(receiver, done);
  };
  return true;
}

function isKnown(receiver: Partial<Receiver> | undefined): receiver is Receiver {
  return receiver !== undefined && typeof receiver.consume === "function" && typeof receiver.getData === "function" &&
    typeof receiver._masked === "boolean" && typeof receiver._payloadLength === "number" &&
    typeof receiver._bufferedBytes === "number" && Array.isArray(receiver._buffers) && "_mask" in receiver;
}
