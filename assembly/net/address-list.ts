// The addresses that one name stands for, in the order in which they are tried. Fixed size, on raw memory.

import { ADDRESSES_MAX } from "../base/limits";
import { SocketAddress } from "../wasi/network";

const ADDRESS_BYTES: usize = offsetof<SocketAddress>();

@unmanaged
export class AddressList {
  length: i32;

  static create(): AddressList {
    const list = heap.alloc(offsetof<AddressList>() + <usize>ADDRESSES_MAX * ADDRESS_BYTES);
    memory.fill(list, 0, offsetof<AddressList>() + <usize>ADDRESSES_MAX * ADDRESS_BYTES);
    return changetype<AddressList>(list);
  }

  /** Address of the first one; the others follow it in memory. */
  @inline get start(): usize {
    return changetype<usize>(this) + offsetof<AddressList>();
  }

  @inline at(index: i32): SocketAddress {
    assert(<u32>index < <u32>ADDRESSES_MAX);
    return changetype<SocketAddress>(this.start + <usize>index * ADDRESS_BYTES);
  }

  /** The slot for one more address, or null when the list is full. */
  next(): SocketAddress | null {
    return this.length < ADDRESSES_MAX ? this.at(this.length) : null;
  }
}
