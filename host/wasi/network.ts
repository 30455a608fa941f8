// wasi:sockets/network: a token that a guest passes on. It carries no rights of its own here; what is allowed is
// decided by the host's grants when an address is used.

import { Kind } from "./kind.js";
import { Resource } from "./resource.js";

export class Network extends Resource {
  readonly kind = Kind.Network;

  release(): void {}
}
