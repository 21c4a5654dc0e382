import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { listedNames, SUMS } from "./digest.ts";
import { ReleaseFailure } from "./must.ts";

/** The directory that the files of a release go to, perhaps in place of those of the release before. */

export const NOTES = "NOTES.md";

/** What SHA256SUMS need not list: itself, and what is signed by the key of a dry run. */
const BESIDE = /^(?:SHA256SUMS(?:\.sig)?|allowed-signers|hawser-\S+\.intoto\.jsonl)$/u;
const NAMED_MAX = 5;

/**
 * The names of the files of the release that is there.
 * @throws ReleaseFailure when there is anything else
 */
export function releaseIn(out: string): string[] {
  if (!existsSync(out)) return [];
  if (!statSync(out).isDirectory()) throw new ReleaseFailure(`${out} is no directory`);
  const entries = readdirSync(out, { withFileTypes: true });
  const hasSums = entries.some((entry) => entry.name === SUMS && entry.isFile());
  const listed = hasSums ? listedNames(readFileSync(join(out, SUMS), "utf8")) : [];
  // Other projects have a SHA256SUMS too.
  const isRelease = listed.includes(NOTES);
  const foreign = entries
    .filter((entry) => {
      const isOwn = isRelease && (listed.includes(entry.name) || BESIDE.test(entry.name));
      return !isOwn || !entry.isFile();
    })
    .map((entry) => entry.name)
    .sort();
  if (foreign.length > 0) {
    const more = foreign.length > NAMED_MAX ? `, and ${foreign.length - NAMED_MAX} more` : "";
    const list = `${foreign.slice(0, NAMED_MAX).join(", ")}${more}`;
    throw new ReleaseFailure(
      `${out} has other files than a release's (${list}): --out names another place`,
    );
  }
  return entries.map((entry) => entry.name);
}

/**
 * Moves the files of a complete release to their place; those of the release before go. SHA256SUMS is replaced
 * between the two: when a run ends early, the list that is there still has every name.
 * @throws ReleaseFailure, with nothing touched, when anything else is there
 */
export function putInPlace(staged: string, names: readonly string[], out: string): void {
  const before = releaseIn(out).filter((name) => name !== SUMS);
  mkdirSync(out, { recursive: true });
  for (const name of before) rmSync(join(out, name));
  const others = names.filter((name) => name !== SUMS);
  for (const name of [SUMS, ...others]) move(join(staged, name), join(out, name));
}

/** Scratch and target may be on two file systems. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    copyFileSync(from, to);
    rmSync(from);
  }
}
