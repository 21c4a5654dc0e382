/** `hawser validate`: judges files, mends them, and prints what was found. */
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { DEFAULT_CONF_DIR, errorText } from "../../base/index.ts";
import { USUAL_PLUGIN_DIRS } from "../../install/index.ts";
import { ownExecutor } from "../../plugins/registry/index.ts";
import {
  type HostNetwork,
  hostNetworks,
  type JudgeOptions,
  judge,
  KernelFacts,
  type Level,
  type Mended,
  mend,
  type Report,
  RULE_NAMES,
  ruleOf,
  writeMended,
} from "../../validate/index.ts";
import { type CliIo, ExitCode } from "../io.ts";
import { confDir, pluginDirs, UsageError } from "../request.ts";
import { Session } from "../session.ts";
import { suggestion } from "../suggest.ts";
import { type Column, table } from "../table.ts";
import { diffOf, githubLines, sarif } from "../validate/forms.ts";
import { reportJson } from "../validate/json.ts";
import { reportText } from "../validate/text.ts";

export interface ValidateOptions {
  readonly strict?: boolean;
  readonly fix?: boolean;
  readonly dryRun?: boolean;
  readonly rules?: boolean;
  readonly node?: boolean;
  readonly pluginDir?: string[];
  readonly confDir?: string;
  readonly format?: "text" | "github" | "sarif";
  readonly json?: boolean;
}

/** `hawser validate [PATH...]`: without a path the directory in which networks are configured. */
export async function runValidate(
  io: CliIo,
  words: readonly string[],
  options: ValidateOptions,
): Promise<number> {
  const session = new Session(io, options, "VALIDATE");
  let end: number = ExitCode.DONE;
  const code = await session.run(async () => {
    checkOptions(options);
    if (options.rules === true) {
      tellRules(session);
      return;
    }
    end = await validate(session, words, options);
  });
  return code === ExitCode.DONE ? end : code;
}

function checkOptions({ fix, dryRun, format, json }: ValidateOptions): void {
  if (dryRun === true && fix !== true) throw new UsageError("--dry-run goes with --fix");
  if (format !== undefined && json === true) {
    throw new UsageError("--format and --json exclude each other");
  }
}

async function validate(
  session: Session,
  words: readonly string[],
  options: ValidateOptions,
): Promise<number> {
  const { io } = session;
  const paths =
    words.length === 0 ? [confDir(io, options)] : words.map((word) => resolve(io.cwd, word));
  const missing = paths.filter((path) => !existsSync(path));
  for (const path of missing) session.warn(`there is no ${path}: ${nearby(path)}`);
  const there = paths.filter((path) => !missing.includes(path));
  const against = await againstOf(session, there, options);
  const first = await judge(there, against);
  const mended = options.fix === true ? await mendAll(first, options.dryRun === true) : [];
  const isWritten = mended.length > 0 && options.dryRun !== true;
  const report = isWritten ? await judge(there, against) : first;
  tell(session, report, mended, options);
  if (report.isCut) session.warn(`only the first ${report.files.length} files were judged`);
  if (report.files.length === 0) session.warn(`nothing to judge in ${paths.join(", ")}`);
  const isIncomplete = report.files.length === 0 || missing.length > 0 || report.isCut;
  const bad: readonly Level[] = options.strict === true ? ["error", "warning"] : ["error"];
  const isBad = report.diagnostics.some(({ level }) => bad.includes(level));
  if (isBad) return ExitCode.FAILED;
  return isIncomplete ? ExitCode.CONFIG : ExitCode.DONE;
}

/** The names in a directory that one may have meant. */
function nearby(path: string): string {
  try {
    return suggestion(basename(path), readdirSync(dirname(path)));
  } catch {
    return `there is no ${dirname(path)} either`;
  }
}

/** What the files are judged against: this machine where they are its own. */
async function againstOf(
  session: Session,
  paths: readonly string[],
  options: ValidateOptions,
): Promise<JudgeOptions> {
  const { io } = session;
  const isNode = options.node ?? paths.some((path) => path === DEFAULT_CONF_DIR);
  const wantsPrograms =
    isNode || options.pluginDir !== undefined || (io.env["CNI_PATH"] ?? "") !== "";
  const programs = {
    dirs: pluginDirs(io, options),
    executor: ownExecutor(io.program),
    ...{ env: io.env, signal: io.signal, elsewhere: USUAL_PLUGIN_DIRS },
  };
  const host = isNode ? hostOrNone(session) : undefined;
  return {
    ...(wantsPrograms && options.node !== false ? { programs } : {}),
    ...(isNode ? { kernel: new KernelFacts() } : {}),
    ...(host === undefined ? {} : { host }),
  };
}

/** What cannot be listed is said, and the rest goes on. */
function hostOrNone(session: Session): HostNetwork[] | undefined {
  try {
    return hostNetworks();
  } catch (error) {
    session.warn(`this machine's networks cannot be listed: ${errorText(error)}`);
    return undefined;
  }
}

async function mendAll(report: Report, isDry: boolean): Promise<Mended[]> {
  const files = new Set(
    report.diagnostics.filter(({ fix }) => fix !== undefined).map(({ file }) => file),
  );
  const mended: Mended[] = [];
  for (const file of files) {
    const found = await mend(file);
    if (found === undefined) continue;
    if (!isDry) writeMended(found, realpathSync(file));
    mended.push(found);
  }
  return mended;
}

function tell(
  session: Session,
  report: Report,
  mended: readonly Mended[],
  options: ValidateOptions,
): void {
  const { io } = session;
  if (session.json) {
    session.answer(reportJson(report, mended, options.dryRun === true));
  } else if (options.format === "sarif") {
    io.stdout.write(sarif(report, io.cwd));
  } else if (options.format === "github") {
    io.stdout.write(githubLines(report, io.cwd));
  } else if (options.dryRun === true) {
    for (const each of mended) io.stdout.write(diffOf(each, io));
    if (mended.length === 0) {
      session.say("nothing has a single answer, and so nothing would change");
    }
  } else {
    for (const { file, rules } of mended) session.say(`mended ${file}: ${counted(rules)}`);
    io.stdout.write(reportText(report, io));
  }
}

/** `trailing-comma, unknown-key (2)` */
function counted(rules: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const rule of rules) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].map(([rule, count]) => (count > 1 ? `${rule} (${count})` : rule)).join(", ");
}

function tellRules(session: Session): void {
  const rules = RULE_NAMES.map((name) => ({ rule: name, ...ruleOf(name) }));
  session.answer({ rules: rules.map(({ rule, level, means }) => ({ rule, level, means })) });
  if (session.json) return;
  const columns: Column<{ rule: string; level: Level; means: string }>[] = [
    { title: "RULE", text: ({ rule }) => rule },
    { title: "LEVEL", text: ({ level }) => level },
    { title: "MEANS", text: ({ means }) => means },
  ];
  session.io.stdout.write(table(columns, rules, { color: session.io.stdout.color }));
}
