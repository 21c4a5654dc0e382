/** `hawser conformance`: whether a plugin or a runtime keeps the specification. */

import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { createColors } from "picocolors";
import { errorText, printable } from "../../base/index.ts";
import {
  exitCodeOf,
  isCounted,
  type Judgement,
  type Judging,
  jsonList,
  jsonReport,
  judge,
  judgeKnown,
  junitReport,
  type KnownList,
  MachineUnfit,
  machineForWorlds,
  type Outcome,
  type Profile,
  type Report,
  readSubject,
  SubjectError,
  type SubjectFile,
  summaryLine,
  tapReport,
  textList,
  textReport,
} from "../../conformance/index.ts";
import { readKnownFile, writeKnownFile } from "../conformance/known-file.ts";
import type { ConformanceOptions, Of } from "../conformance/options.ts";
import { repeatCommand } from "../conformance/repeat.ts";
import { selectChecks } from "../conformance/selection.ts";
import { SUITES } from "../conformance/suites.ts";
import { tellFailure, usageJson } from "../failure.ts";
import { type CliIo, ExitCode, type Output } from "../io.ts";
import { Progress } from "../progress.ts";
import { UsageError } from "../request.ts";
import { VERSION } from "../version.ts";

/** No finding: this machine, or the suite itself, is in the way. */
const UNFIT = 3;
/** More side by side would let calls run into their time-out on a slow machine. */
const CHECKS_PER_CORE = 2;
const SEEDS = 2 ** 32;

export async function runConformance(
  io: CliIo,
  of: Of,
  subject: string | undefined,
  options: ConformanceOptions,
): Promise<number> {
  try {
    checkOutputs(options);
    if (options.list === true) return list(io, of, options);
    if (subject === undefined) throw new UsageError(`say which ${of} to check`);
    return await runSuite(io, of, subject, options);
  } catch (error) {
    return failure(io, error, options.json === true);
  }
}

function checkOutputs(options: ConformanceOptions): void {
  const kinds = (["json", "tap", "summary"] as const).filter((kind) => options[kind] === true);
  if (kinds.length < 2) return;
  throw new UsageError(`one of ${kinds.map((kind) => `--${kind}`).join(" and ")}, not both`);
}

function list(io: CliIo, of: Of, options: ConformanceOptions): number {
  const all = { ...options, profile: options.profile ?? ("full" as const) };
  const { checks } = selectChecks(SUITES[of].checks, all);
  const { stdout } = io;
  const paint = createColors(stdout.color);
  stdout.write(options.json === true ? jsonList(of, checks) : textList(checks, paint));
  return ExitCode.DONE;
}

async function runSuite(
  io: CliIo,
  of: Of,
  subject: string,
  options: ConformanceOptions,
): Promise<number> {
  const suite = SUITES[of];
  const { checks, isPart } = selectChecks(suite.checks, options);
  const profile: Profile = options.profile ?? "quick";
  const known = readKnownFile(io, options, isPart ? options.profile : profile);
  const file = options.subject === undefined ? undefined : subjectFile(io, options.subject);
  const names = new Set(checks.map(({ name }) => name));
  const seed = options.seed ?? Math.floor(Math.random() * SEEDS);
  const progress = new Progress(io.stderr);
  let failed = 0;
  progress.start(`looking at ${printable(subject)}`);
  try {
    const report = await suite.run(subject, {
      io,
      ...(file === undefined ? {} : { file }),
      machine: machineForWorlds(io.env),
      profile,
      seed,
      width: availableParallelism() * CHECKS_PER_CORE,
      version: VERSION,
      command: repeatCommand(io, of, subject, { ...options, seed }),
      signal: io.signal,
      ...(isPart ? { select: ({ name }) => names.has(name) } : {}),
      ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
      ...(options.bail === true ? { bail: bailing(options, known, suiteNames(of)) } : {}),
      onOutcome: ({ check, verdict }, done, all) => {
        if (verdict === "failed") failed++;
        progress.say(`${done} of ${all} checks, ${failed} findings; last ${check}`);
      },
    });
    progress.stop();
    return conclude(io, of, report, { options, known });
  } finally {
    progress.stop();
  }
}

function suiteNames(of: Of): string[] {
  return SUITES[of].checks.map(({ name }) => name);
}

/** A finding that does not count, or is known, ends nothing. */
function bailing(
  { strict = false }: ConformanceOptions,
  known: KnownList | undefined,
  suite: readonly string[],
): (outcome: Outcome) => boolean {
  return (outcome) => {
    const outcomes = [outcome];
    const reasons = known && judgeKnown(known, { suite, outcomes }).reasons;
    return isCounted(outcome, { strict, ...(reasons && { known: reasons }) });
  };
}

function subjectFile(io: CliIo, path: string): SubjectFile {
  try {
    return readSubject(readFileSync(resolve(io.cwd, path), "utf8"));
  } catch (error) {
    const said = error instanceof SubjectError ? "" : "cannot be read: ";
    throw new UsageError(`${path}: ${said}${errorText(error)}`);
  }
}

interface Ending {
  readonly options: ConformanceOptions;
  readonly known: KnownList | undefined;
}

/** Prints the report in each form that was asked for, and gives the exit code. */
function conclude(io: CliIo, of: Of, report: Report, { options, known }: Ending): number {
  const { strict = false, known: file, writeKnown = false } = options;
  const suite = suiteNames(of);
  let list = known;
  let refusal: UsageError | undefined;
  if (writeKnown && file !== undefined) {
    const failed = report.outcomes.filter((outcome) => isCounted(outcome, { strict }));
    try {
      list = writeKnownFile(io, report, { file, old: known, suite, failed });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      refusal = error;
    }
  }
  const { outcomes } = report;
  const judgement = judge(report, { strict, ...(list && judgingBy(list, suite, outcomes)) });
  writeFiles(io, report, judgement, options);
  io.stdout.write(printed(io.stdout, report, judgement, options));
  if (io.signal.aborted) {
    return io.signal.reason === "SIGTERM" ? ExitCode.TERMINATED : ExitCode.INTERRUPTED;
  }
  if (refusal !== undefined) io.stderr.write(`error: ${refusal.message}\n`);
  const code = exitCodeOf(judgement);
  return refusal === undefined || code !== 0 ? code : ExitCode.FAILED;
}

function judgingBy(
  list: KnownList,
  suite: readonly string[],
  outcomes: readonly Outcome[],
): Partial<Judging> {
  const { reasons, stale } = judgeKnown(list, { suite, outcomes });
  return { known: reasons, stale };
}

function writeFiles(
  io: CliIo,
  report: Report,
  judgement: Judgement,
  { report: json, junit }: ConformanceOptions,
): void {
  const files = [
    [json, jsonReport],
    [junit, junitReport],
  ] as const;
  for (const [path, print] of files) {
    if (path !== undefined) writeFileSync(resolve(io.cwd, path), print(report, judgement));
  }
}

function printed(
  { color }: Output,
  report: Report,
  judgement: Judgement,
  options: ConformanceOptions,
): string {
  if (options.json === true) return jsonReport(report, judgement);
  if (options.tap === true) return tapReport(report, judgement);
  if (options.summary === true) return `${summaryLine(report, judgement)}\n`;
  const { verbose = false } = options;
  return textReport(report, judgement, { paint: createColors(color), verbose });
}

function failure(io: CliIo, error: unknown, json: boolean): number {
  const isUsage = error instanceof UsageError;
  const what = error instanceof MachineUnfit || isUsage ? "" : "the suite itself failed: ";
  const message = `${what}${errorText(error)}`;
  if (json) {
    const said = isUsage ? usageJson(message) : { code: 999, msg: message };
    io.stdout.write(`${JSON.stringify({ error: said }, undefined, 2)}\n`);
  } else if (isUsage) {
    return tellFailure(io, error, json);
  } else {
    io.stderr.write(`${createColors(io.stderr.color).red("error:")} ${message}\n`);
  }
  return isUsage ? ExitCode.USAGE : UNFIT;
}
