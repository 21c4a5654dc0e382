import type { Profile } from "../check.ts";

/**
 * The file of known failures, which people edit: a line for each, `check | what came | reason`. In the
 * first two `*` stands for any text. A list belongs to a profile, which its line `profile:` names.
 */

export interface KnownEntry {
  /** Where it stands in the file. */
  readonly line: number;
  readonly check: string;
  readonly message: string;
  /** Why it is known, best with a link; empty where it is still to be written. */
  readonly reason: string;
}

export interface KnownList {
  readonly profile: Profile;
  readonly entries: readonly KnownEntry[];
}

export class KnownError extends Error {
  override name = "KnownError";
}

/** What `--write-known` writes in the place of a reason. */
const UNSAID = "?";

const HEAD = `# Failures that are known. Each line: check | what came of it | reason, best with a link.
# In the first two, * stands for any text. A failure without a reason is no known one.
`;

/** @throws KnownError that names the line. */
export function readKnown(text: string): KnownList {
  let profile: Profile | undefined;
  const entries: KnownEntry[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const at = `line ${index + 1}`;
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const named = /^profile:\s*(\S*)$/u.exec(line)?.[1];
    if (named !== undefined) {
      if (named !== "quick" && named !== "full") {
        throw new KnownError(`${at}: the profile is quick or full, not "${named}"`);
      }
      profile = named;
      continue;
    }
    entries.push(entryOf(line, index + 1));
  }
  if (profile === undefined) {
    throw new KnownError('it does not say of which profile it is: write "profile: full"');
  }
  return { profile, entries };
}

function entryOf(text: string, line: number): KnownEntry {
  const [check = "", message = "", reason = "", ...more] = fields(text);
  if (check === "" || message === "" || reason === "" || more.length > 0) {
    throw new KnownError(
      `line ${line}: write check | what came of it | reason; a | inside is written \\|`,
    );
  }
  return { line, check, message, reason: reason === UNSAID ? "" : reason };
}

function fields(text: string): string[] {
  const result: string[] = [""];
  for (const part of text.match(/\\[\\|]|[^\\|]+|[\\|]/gu) ?? []) {
    if (part === "|") result.push("");
    else result.push((result.pop() ?? "") + (/^\\[\\|]$/u.test(part) ? part.slice(1) : part));
  }
  return result.map((field) => field.trim());
}

/** The file of a list; entries that are the same stand once. */
export function printKnown({ profile, entries }: KnownList): string {
  const lines = entries.map(({ check, message, reason }) => {
    return [check, message, reason || UNSAID].map(escaped).join(" | ");
  });
  return `${HEAD}profile: ${profile}\n\n${[...new Set(lines)].map((line) => `${line}\n`).join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\|]/gu, (character) => `\\${character}`);
}
