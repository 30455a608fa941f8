// Looks at and ends the process group of a child that was started with `detached: true`, or a child's whole family.
//
// Tests start servers; a test that dies must not leave them behind, and one that forgets them must be told.
import { readdirSync, readFileSync } from "node:fs";

/** Ids of the live members of a group. Zombies do not count: they hold nothing but their own exit code. */
export function membersOf(groupId: number): number[] {
  return processIds().filter((id) => {
    const fields = statFields(id);
    return fields !== undefined && fields.state !== "Z" && fields.groupId === groupId;
  });
}

/** A process and all that it started, and what those started, and so on; itself first. */
export function familyOf(id: number): number[] {
  const parents = processIds().map((each): [number, number] => [each, statFields(each)?.parentId ?? 0]);
  const family = [id];
  for (const member of family) family.push(...parents.filter(([, parent]) => parent === member).map(([each]) => each));
  return family;
}

export function isAlive(id: number): boolean {
  const fields = statFields(id);
  return fields !== undefined && fields.state !== "Z";
}

export function killGroup(groupId: number): void {
  try {
    process.kill(-groupId, "SIGKILL");
  } catch {
    // Everyone in the group has ended already.
  }
}

function processIds(): number[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return []; // Not Linux: leftovers cannot be seen there, only killed.
  }
}

function statFields(id: number): { state: string; parentId: number; groupId: number } | undefined {
  try {
    const text = readFileSync(`/proc/${id}/stat`, "utf8");
    // The command name is in parentheses and may hold anything, so fields are counted from the last one.
    const [state = "", parent, group] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state, parentId: Number(parent), groupId: Number(group) };
  } catch {
    return undefined; // It ended while we were looking.
  }
}
