import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Of } from "./digest.ts";
import { must } from "./must.ts";

/** Whether two builds of one commit have made the same bytes. */

/** "yes", or why not. */
export type Verdict = "yes" | `no: ${string}`;

/** Compares a file of one build with that of another; of archives it names the files that differ. */
export async function compareFiles(one: string, other: string, scratch: string): Promise<Verdict> {
  if (sha256Of(one) === sha256Of(other)) return "yes";
  if (/\.(?:tar|tar\.gz|tgz)$/u.test(one)) {
    const members = await differingMembers(one, other, scratch);
    if (members.length > 0) return `no: it has other ${members.join(", ")}`;
    return "no: the same files, packed in another way";
  }
  return `no: it differs from byte ${firstDifference(one, other)} on`;
}

const NAMED_MAX = 5;

async function differingMembers(one: string, other: string, scratch: string): Promise<string[]> {
  const [left, right] = [join(scratch, "one"), join(scratch, "other")];
  for (const [directory, archive] of [
    [left, one],
    [right, other],
  ] as const) {
    mkdirSync(directory, { recursive: true });
    await must(["tar", "--extract", "--file", archive, "--directory", directory], { cwd: scratch });
  }
  const names = new Set([left, right].flatMap(filesIn));
  const differing = [...names].sort().filter((name) => {
    return digestIfThere(join(left, name)) !== digestIfThere(join(right, name));
  });
  const more = differing.length - NAMED_MAX;
  return [...differing.slice(0, NAMED_MAX), ...(more > 0 ? [`${more} more`] : [])];
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

function digestIfThere(path: string): string {
  try {
    return sha256Of(path);
  } catch {
    return "";
  }
}

function firstDifference(one: string, other: string): number {
  const [left, right] = [readFileSync(one), readFileSync(other)];
  const end = Math.min(left.length, right.length);
  for (let at = 0; at < end; at++) if (left[at] !== right[at]) return at;
  return end;
}
