import { readFileSync } from "node:fs";

/** What is mounted in a world, and what a subject has changed of it. */

interface Mount {
  readonly at: string;
  readonly isWritable: boolean;
}

/** By the numbers that the kernel gives to mounts. */
export type Mounts = ReadonlyMap<string, Mount>;

/** Those that a process sees; none when it has ended. */
export function mountsOf(pid: number): Mounts {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/mountinfo`, "utf8");
  } catch {
    return new Map();
  }
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [id = "", , , , at = "", flags = ""] = line.split(" ");
      return [id, { at, isWritable: flags.split(",").includes("rw") }] as const;
    }),
  );
}

/** What is gone or has become writable, in words; undefined when all is as it was. */
export function damageOf(before: Mounts, after: Mounts): string | undefined {
  const changes = [...before].flatMap(([id, { at, isWritable }]) => {
    const now = after.get(id);
    if (now === undefined) return [`${at} was unmounted`];
    return now.isWritable && !isWritable ? [`${at} was made writable`] : [];
  });
  return changes.length === 0 ? undefined : [...new Set(changes)].join(", ");
}
