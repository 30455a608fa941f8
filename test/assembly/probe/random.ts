// The probe of the random binding.

import { mark, realloc, release, usedBytes } from "../../../assembly/abi/arena";
import "../../../assembly/wasi/abort";

export { realloc as cabi_realloc, mark, release, usedBytes };
export { bytes, nextU64 } from "../../../assembly/wasi/random";
