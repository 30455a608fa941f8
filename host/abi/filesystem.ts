// wasi:filesystem over the canonical ABI, for guests that are linked with a C library: it asks for the directories that
// it was given, and hears that there are none. Without a descriptor nothing else can be called with a valid handle, and
// every such call traps as any call with an unknown handle does.

import { Kind } from "../wasi/kind.js";
import { type Face, unsigned } from "./face.js";
import type { ImportFunction, ImportObject } from "./webassembly.js";

const DESCRIPTOR_METHODS = [
  "read-via-stream", "write-via-stream", "append-via-stream", "advise", "sync-data", "get-flags", "get-type",
  "set-size", "set-times", "read", "write", "read-directory", "sync", "create-directory-at", "stat", "stat-at",
  "set-times-at", "link-at", "open-at", "readlink-at", "remove-directory-at", "rename-at", "symlink-at",
  "unlink-file-at", "is-same-object", "metadata-hash", "metadata-hash-at",
];

export function filesystemImports({ table, memory }: Face): ImportObject {
  const needs = (kind: Kind): ImportFunction => (self: number) => {
    table.get(self, kind);
  };
  return {
    "wasi:filesystem/preopens": {
      "get-directories": (ret: number) => {
        memory.check(unsigned(ret), 8, 4);
        memory.setWord(unsigned(ret), memory.allocate(4, 0));
        memory.setWord(unsigned(ret) + 4, 0);
      },
    },
    "wasi:filesystem/types": {
      ...Object.fromEntries(DESCRIPTOR_METHODS.map((name) => [`[method]descriptor.${name}`, needs(Kind.Descriptor)])),
      "[resource-drop]descriptor": needs(Kind.Descriptor),
      "[method]directory-entry-stream.read-directory-entry": needs(Kind.DirectoryEntryStream),
      "[resource-drop]directory-entry-stream": needs(Kind.DirectoryEntryStream),
      // An error of a stream here is never one of a file: none.
      "filesystem-error-code": (error: number, ret: number) => {
        table.get(error, Kind.IoError);
        memory.check(unsigned(ret), 2, 1);
        memory.bytes[unsigned(ret)] = 0;
      },
    },
  };
}
