import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { errnoName, errorText } from "../../base/index.ts";
import {
  KnownError,
  type KnownList,
  knownOf,
  type Outcome,
  type Profile,
  printKnown,
  type Report,
  readKnown,
} from "../../conformance/index.ts";
import type { CliIo } from "../io.ts";
import { UsageError } from "../request.ts";
import type { ConformanceOptions } from "./options.ts";

/** The file of known failures, as the command line reads and writes it. */

const NARROWING = ["rule", "section", "check", "bail"] as const;

/**
 * The list that `--known` names; with `--write-known` it need not be there.
 * @throws UsageError when it cannot be read, is of another profile, or cannot be written by this run
 */
export function readKnownFile(
  io: CliIo,
  options: ConformanceOptions,
  profile: Profile | undefined,
): KnownList | undefined {
  const { known: file, writeKnown = false } = options;
  if (writeKnown) checkWrites(options);
  if (file === undefined) return undefined;
  const list = knownList(io, file, writeKnown);
  if (list !== undefined && profile !== undefined && list.profile !== profile) {
    throw new UsageError(
      `${file} is the list of the profile ${list.profile}, and this run is of ${profile}: ` +
        `add --profile ${list.profile}`,
    );
  }
  return list;
}

function checkWrites(options: ConformanceOptions): void {
  if (options.known === undefined) throw new UsageError("--write-known needs --known <file>");
  const [narrowing] = NARROWING.filter((name) => options[name] !== undefined);
  if (narrowing === undefined) return;
  throw new UsageError(
    `a list of a part of the suite would be wrong: --write-known without --${narrowing}`,
  );
}

function knownList(io: CliIo, file: string, mayLack: boolean): KnownList | undefined {
  try {
    return readKnown(readFileSync(resolve(io.cwd, file), "utf8"));
  } catch (error) {
    if (mayLack && errnoName(error) === "ENOENT") return undefined;
    const said = error instanceof KnownError ? "" : "cannot be read: ";
    throw new UsageError(`${file}: ${said}${errorText(error)}`);
  }
}

export interface KnownWriting {
  readonly file: string;
  readonly old: KnownList | undefined;
  readonly suite: readonly string[];
  readonly failed: readonly Outcome[];
}

/**
 * Writes the list that a run needs, and gives it.
 * @throws UsageError when the run is not whole
 */
export function writeKnownFile(io: CliIo, report: Report, writing: KnownWriting): KnownList {
  const { file, old, suite, failed } = writing;
  const { partial, gaveUp, outcomes, profile } = report;
  if (partial) throw new UsageError(`${file} is left as it was: only a part ran (${gaveUp ?? ""})`);
  if (outcomes.some(({ verdict }) => verdict === "broken")) {
    throw new UsageError(`${file} is left as it was: the suite could not run all checks`);
  }
  const list = knownOf({ profile, suite, outcomes, failed }, old);
  writeFileSync(resolve(io.cwd, file), printKnown(list));
  const unsaid = list.entries.filter(({ reason }) => reason === "").length;
  const todo = unsaid > 0 ? `; ${unsaid} of them need a reason in the place of the "?"` : "";
  io.stderr.write(`${file}: ${list.entries.length} known failures${todo}\n`);
  return list;
}
