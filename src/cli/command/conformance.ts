/** `hawser conformance`: whether a plugin or a runtime keeps the specification. */

import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
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
import { SUITES, type Suite, type Suites } from "../conformance/suites.ts";
import { usageJson } from "../failure.ts";
import { type CliIo, ExitCode, interruptedCode, type Output } from "../io.ts";
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
  suites: Suites = SUITES,
): Promise<number> {
  const suite = suites[of];
  try {
    checkOutputs(options);
    if (options.list === true) return list(io, of, suite, options);
    if (subject === undefined) throw new UsageError(`say which ${of} to check`);
    return await runSuite(io, { suite, of, subject }, options);
  } catch (error) {
    return failure(io, error, options.json === true);
  }
}

function checkOutputs(options: ConformanceOptions): void {
  const kinds = (["json", "tap", "summary"] as const).filter((kind) => options[kind] === true);
  if (kinds.length < 2) return;
  throw new UsageError(`one of ${kinds.map((kind) => `--${kind}`).join(" and ")}, not both`);
}

function list(io: CliIo, of: Of, suite: Suite, options: ConformanceOptions): number {
  const all = { ...options, profile: options.profile ?? ("full" as const) };
  const { checks } = selectChecks(suite.checks, all);
  const { stdout } = io;
  const paint = createColors(stdout.color);
  stdout.write(options.json === true ? jsonList(of, checks) : textList(checks, paint));
  return ExitCode.DONE;
}

interface Asked {
  readonly suite: Suite;
  readonly of: Of;
  readonly subject: string;
}

async function runSuite(
  io: CliIo,
  { suite, of, subject }: Asked,
  options: ConformanceOptions,
): Promise<number> {
  const { checks, isPart } = selectChecks(suite.checks, options);
  const profile: Profile = options.profile ?? "quick";
  const known = readKnownFile(io, options, isPart ? options.profile : profile);
  const file = options.subject === undefined ? undefined : subjectFile(io, options.subject);
  const check = suite.of(io, subject, file);
  checkFiles(io, options);
  const seed = options.seed ?? Math.floor(Math.random() * SEEDS);
  const chosen = new Set(checks.map(({ name }) => name));
  const ending = { options, known, names: suite.checks.map(({ name }) => name) };
  const progress = new Progress(io.stderr);
  let failed = 0;
  progress.start(`looking at ${printable(subject)}`);
  try {
    const report = await check({
      profile,
      seed,
      width: availableParallelism() * CHECKS_PER_CORE,
      version: VERSION,
      command: repeatCommand(io, of, subject, { ...options, seed }),
      signal: io.signal,
      ...(file === undefined ? {} : { file }),
      ...(isPart ? { select: ({ name }) => chosen.has(name) } : {}),
      ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
      ...(options.bail === true ? { bail: bailing(ending) } : {}),
      onOutcome: ({ check: name, verdict }, done, all) => {
        if (verdict === "failed") failed++;
        progress.say(`${done} of ${all} checks, ${failed} findings; last ${name}`);
      },
    });
    progress.stop();
    return conclude(io, report, ending);
  } finally {
    progress.stop();
  }
}

interface Ending {
  readonly options: ConformanceOptions;
  readonly known: KnownList | undefined;
  /** Of all checks of the suite. */
  readonly names: readonly string[];
}

/** A finding that does not count, or is known, ends nothing. */
function bailing({ options, known, names }: Ending): (outcome: Outcome) => boolean {
  const { strict = false } = options;
  return (outcome) => {
    return isCounted(outcome, { strict, ...(known && judgingBy(known, names, [outcome])) });
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

/** Prints the report in each form that was asked for, and gives the exit code. */
function conclude(io: CliIo, report: Report, ending: Ending): number {
  const { options, known, names } = ending;
  const { strict = false } = options;
  const { outcomes } = report;
  const isWritten = options.writeKnown === true && !io.signal.aborted;
  const list = isWritten ? written(io, report, ending) : known;
  const judgement = judge(report, { strict, ...(list && judgingBy(list, names, outcomes)) });
  io.stdout.write(printed(io.stdout, report, judgement, options));
  for (const [path, print] of reportFiles(io, options)) {
    writeFileSync(path, print(report, judgement));
  }
  if (io.signal.aborted) return interruptedCode(io.signal);
  const code = exitCodeOf(judgement);
  return isWritten && list === known && code === 0 ? ExitCode.FAILED : code;
}

/** The list that the run needs, written; the one there was when the run cannot tell it. */
function written(
  io: CliIo,
  report: Report,
  { options, known, names }: Ending,
): KnownList | undefined {
  const { strict = false, known: file = "" } = options;
  const failed = report.outcomes.filter((outcome) => isCounted(outcome, { strict }));
  try {
    return writeKnownFile(io, report, { file, old: known, suite: names, failed });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    return known;
  }
}

function judgingBy(
  list: KnownList,
  suite: readonly string[],
  outcomes: readonly Outcome[],
): Pick<Judging, "known" | "stale"> {
  const { reasons, stale } = judgeKnown(list, { suite, outcomes });
  return { known: reasons, stale };
}

/** Reports that go to files; what cannot be written is said before anything has run. */
function reportFiles(
  io: CliIo,
  { report, junit }: ConformanceOptions,
): readonly (readonly [path: string, print: typeof jsonReport])[] {
  const files = [
    [report, jsonReport],
    [junit, junitReport],
  ] as const;
  return files.flatMap(([path, print]) => {
    return path === undefined ? [] : [[resolve(io.cwd, path), print] as const];
  });
}

function checkFiles(io: CliIo, options: ConformanceOptions): void {
  for (const [path] of reportFiles(io, options)) {
    try {
      accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
    } catch (error) {
      throw new UsageError(`${printable(path)} cannot be written: ${errorText(error)}`);
    }
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
  if (io.signal.aborted) {
    io.stderr.write("error: interrupted before a check ran\n");
    return interruptedCode(io.signal);
  }
  const isUsage = error instanceof UsageError || error instanceof SubjectError;
  const what = error instanceof MachineUnfit || isUsage ? "" : "the suite itself failed: ";
  const message = `${what}${errorText(error)}`;
  if (json) {
    const said = isUsage ? usageJson(message) : { code: 999, msg: message };
    io.stdout.write(`${JSON.stringify({ error: said }, undefined, 2)}\n`);
  } else {
    io.stderr.write(`${createColors(io.stderr.color).red("error:")} ${message}\n`);
  }
  return isUsage ? ExitCode.USAGE : UNFIT;
}
