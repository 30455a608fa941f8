// Stands in for engine/core-kinds.ts in the small bundle, where what the core counts has the numbers of
// docs/architecture.md in `live()`.

export const CORE_KINDS: readonly string[] = [];
