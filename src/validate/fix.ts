/** Mending what has one answer. */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Diagnostic, Edit } from "./diagnostic.ts";
import { judgeBytes } from "./file.ts";
import type { RuleName } from "./rules.ts";
import { readRaw } from "./text/read.ts";

/** What mending a file changes. */
export interface Mended {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** The rules whose findings are mended, each as often as it was. */
  readonly rules: readonly RuleName[];
}

/** How often a text is judged anew: what is mended may uncover more. */
const PASSES_MAX = 10;

/**
 * The text of a file with all that has one answer mended; undefined where nothing has. Comments and
 * layout stay.
 * @throws the system's error when the file cannot be read
 */
export async function mend(file: string): Promise<Mended | undefined> {
  const { bytes, mode } = readRaw(file);
  const rules: RuleName[] = [];
  let current = bytes;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const { findings } = await judgeBytes(file, current, mode);
    const list = findings.list();
    if (list.some(({ rule }) => rule === "invalid-utf8")) break; // its text is not the file's
    const { text, mended } = applied(findings.source.text, list);
    if (mended.length === 0) break;
    rules.push(...mended);
    current = new TextEncoder().encode(text);
  }
  if (rules.length === 0) return undefined;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return { file, before: decoder.decode(bytes), after: decoder.decode(current), rules };
}

/** Applies the fixes that do not touch each other; the others have their turn when it is judged anew. */
function applied(text: string, list: readonly Diagnostic[]): { text: string; mended: RuleName[] } {
  const edits: Edit[] = [];
  const mended: RuleName[] = [];
  for (const { rule, fix } of list) {
    if (fix === undefined || fix.some((edit) => edits.some((other) => touch(edit, other)))) {
      continue;
    }
    edits.push(...fix);
    mended.push(rule);
  }
  const fromEnd = edits.sort((one, other) => other.offset - one.offset);
  const result = fromEnd.reduce(
    (rest, { offset, length, text: by }) =>
      rest.slice(0, offset) + by + rest.slice(offset + length),
    text,
  );
  return { text: result, mended };
}

function touch(one: Edit, other: Edit): boolean {
  return one.offset <= other.offset + other.length && other.offset <= one.offset + one.length;
}

/**
 * Writes what was mended: beside the file, then renamed, so that no reader sees half of it. Owner and
 * permissions stay; of a link its target is written.
 * @throws the system's error; then the file is as it was
 */
export function writeMended({ file, before, after }: Mended, path: string = file): void {
  const { mode, uid, gid } = statSync(path);
  const now = new TextDecoder("utf-8", { ignoreBOM: true }).decode(readRaw(path).bytes);
  if (now !== before) {
    throw new Error(`${path} has changed since it was judged; nothing was written`);
  }
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.aside`);
  const fd = openSync(aside, "wx", 0o600);
  try {
    try {
      writeFileSync(fd, after);
      fchownSync(fd, uid, gid);
      fchmodSync(fd, mode & 0o7777);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(aside, path);
  } catch (error) {
    unlinkSync(aside);
    throw error;
  }
}
