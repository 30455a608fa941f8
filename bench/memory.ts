// How much linear memory the core takes per idle connection.
export interface MemoryResult {
  connections: number;
  bytesBefore: number;
  bytesAfter: number;
  bytesPerConnection: number;
}
export async function measureMemory(connections: number): Promise<MemoryResult> {
  throw new Error(`memory of ${connections} connections: not measured yet`);
}
