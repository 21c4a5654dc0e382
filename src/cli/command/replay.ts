/** `hawser replay`: recorded calls made again, and what differs. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { createColors } from "picocolors";
import { defined, type Env, printable } from "../../base/index.ts";
import { CallLog, decodeCall, groupsOf, type RecordedCall } from "../../recording/index.ts";
import {
  hostLinksOf,
  makeContainer,
  makeHost,
  makeStandIns,
  misfit,
  namespacesOf,
  Replay,
  type Replayed,
} from "../../recording/replay/index.ts";
import { CniError, ErrorCode, type JsonObject } from "../../spec/index.ts";
import { stateDirectory } from "../../state/owner/index.ts";
import { duration } from "../durations.ts";
import { type CliIo, ExitCode } from "../io.ts";
import { rounded } from "../report.ts";
import { netnsPath, UsageError } from "../request.ts";
import { Session } from "../session.ts";
import { groupsNamed } from "./trace.ts";

export interface ReplayOptions {
  readonly plugin?: string;
  readonly netns?: string;
  readonly here?: boolean;
  /** In milliseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
}

const TIMEOUT_MS = 60_000;
/** In the environment of a replay on a throwaway host: the namespaces of the machine. */
const OUTSIDE = "HAWSER_REPLAY_OUTSIDE";
/** More than a recording of the largest size has. */
const INPUT_MAX = 2 ** 30;
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export async function runReplay(
  io: CliIo,
  subject: string,
  options: ReplayOptions,
): Promise<number> {
  const session = new Session(io, defined({ json: options.json }), "REPLAY");
  let code: number = ExitCode.DONE;
  const failed = await session.run(async () => {
    if (options.netns !== undefined && options.here !== true) {
      throw new UsageError("--netns names a namespace of this host: it goes with --here");
    }
    const calls = callsOf(io, subject);
    const plugin = options.plugin === undefined ? undefined : resolve(io.cwd, options.plugin);
    refuseMisfit(plugin, calls);
    const outside = io.env[OUTSIDE];
    if (options.here === true || outside !== undefined) {
      if (options.here !== true) makeHost(outside ?? "");
      const hosts = { ...options, ...defined({ plugin }) };
      code = tell(session, await replayed(io, calls, hosts));
    } else {
      code = onThrowawayHost(io, calls, options, plugin);
    }
  });
  return failed === ExitCode.DONE ? code : failed;
}

/** @throws CniError when the subject names nothing that was recorded */
function callsOf(io: CliIo, subject: string): RecordedCall[] {
  const file = resolve(io.cwd, subject);
  // A pod has a slash in its name as well.
  const isFile = subject === "-" || /^\.{0,2}\/|\.jsonl$/u.test(subject) || existsSync(file);
  if (!isFile) {
    const forest = groupsOf(new CallLog(stateDirectory(io.env)).all());
    return groupsNamed(forest, subject).flatMap((group) => group.calls);
  }
  const calls = textOf(subject === "-" ? 0 : file)
    .split("\n")
    .flatMap((line) => decodeCall(line) ?? []);
  if (calls.length > 0) return calls;
  throw new CniError(
    ErrorCode.DECODING_FAILURE,
    `there is no recorded call in ${printable(subject)}`,
    {
      advice: "hawser trace export writes such a file",
    },
  );
}

function textOf(file: string | number): string {
  const size = typeof file === "string" ? statSync(file).size : 0;
  if (size > INPUT_MAX) throw new RangeError(`${printable(String(file))} is too long`);
  return readFileSync(file, "utf8");
}

function refuseMisfit(plugin: string | undefined, calls: readonly RecordedCall[]): void {
  if (plugin === undefined) return;
  const reason = existsSync(plugin) ? misfit(plugin, calls) : `${plugin} is not there`;
  if (reason !== undefined) throw new UsageError(printable(reason));
}

const NAMESPACES = ["--net", "--mount", "--pid", "--ipc"];
const HOLDING = ["--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
const AS_USER = ["--user", "--map-root-user"];

/**
 * Runs this command once more in namespaces of its own, and gives its exit code. A user namespace comes
 * first, also for root: what is replayed may be any executable.
 */
function onThrowawayHost(
  io: CliIo,
  calls: readonly RecordedCall[],
  options: ReplayOptions,
  plugin: string | undefined,
): number {
  const env = { PATH: `${io.env["PATH"] ?? ""}:${SYSTEM_PATH}` };
  const reasons: string[] = [];
  for (const extra of io.isRoot === false ? [AS_USER] : [AS_USER, []]) {
    const flags = [...extra, ...NAMESPACES, ...HOLDING];
    const trial = spawnSync("unshare", [...flags, "true"], { encoding: "utf8", env });
    if (trial.status !== 0) {
      reasons.push(trial.error?.message ?? trial.stderr.trim());
      continue;
    }
    const program = io.program === process.execPath ? [io.program] : [process.execPath, io.program];
    const words = ["replay", "-", ...wordsOf(options, plugin)];
    const run = spawnSync("unshare", [...flags, ...program, ...words], {
      input: calls.map((call) => `${JSON.stringify(call)}\n`).join(""),
      stdio: ["pipe", "inherit", "inherit"],
      env: { ...env, ...colorsOf(io), [OUTSIDE]: namespacesOf("self") },
      cwd: "/",
    });
    return run.status ?? ExitCode.FAILED;
  }
  throw new CniError(ErrorCode.UNKNOWN, "a throwaway host cannot be made here", {
    details: reasons.filter((reason) => reason !== "").join("; "),
    advice:
      "install unshare (package util-linux), allow user namespaces (sysctl -w " +
      "user.max_user_namespaces=10000), or run it as root",
  });
}

function wordsOf({ timeout, json }: ReplayOptions, plugin: string | undefined): string[] {
  return [
    ...(plugin === undefined ? [] : ["--plugin", plugin]),
    ...(timeout === undefined ? [] : ["--timeout", `${timeout}ms`]),
    ...(json === true ? ["--json"] : []),
  ];
}

function colorsOf({ env }: CliIo): Env {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  return defined({ NO_COLOR, FORCE_COLOR, TERM });
}

async function replayed(
  io: CliIo,
  calls: readonly RecordedCall[],
  options: ReplayOptions,
): Promise<Replayed[]> {
  const { here = false, timeout: timeoutMs = TIMEOUT_MS, netns, plugin } = options;
  const containers = new Map<string, string>();
  const replay = new Replay({
    ...{ timeoutMs, signal: io.signal, ...defined({ plugin }) },
    host: { PATH: io.env["PATH"] ?? SYSTEM_PATH, ...(here ? {} : { TMPDIR: "/run/tmp" }) },
    netnsOf: (call) => {
      if (netns !== undefined) return netnsPath(io, netns);
      if (here) return call.netns;
      const known = containers.get(call.netns) ?? makeContainer(`replay-${containers.size + 1}`);
      containers.set(call.netns, known);
      return known;
    },
  });
  const made = here ? [] : makeStandIns([...new Set(calls.flatMap(hostLinksOf))]);
  const outcomes: Replayed[] = [];
  for (const call of calls) {
    const outcome = await replay.call(call);
    const named = hostLinksOf(call).filter((name) => made.includes(name));
    const notes = named.map((name) => `${name} of the host is an empty link here`);
    outcomes.push({ ...outcome, notes: [...notes, ...outcome.notes] });
    if (io.signal.aborted) break;
  }
  return outcomes;
}

function tell(session: Session, outcomes: readonly Replayed[]): number {
  const isSame = outcomes.every(
    ({ differences, skipped }) => differences.length === 0 && skipped === undefined,
  );
  session.answer({ same: isSame, calls: outcomes.map(outcomeJson) });
  for (const outcome of outcomes) session.say(outcomeText(session.io, outcome));
  session.say(isSame ? "\nall as recorded" : "\nnot all is as recorded");
  return isSame ? ExitCode.DONE : ExitCode.FAILED;
}

function outcomeJson(outcome: Replayed): JsonObject {
  const { call, path, ms, exitCode, differences, notes, skipped } = outcome;
  const { id, operation, plugin, ms: recordedMs } = call;
  return {
    ...{ id, operation, plugin, ...defined({ path }) },
    ...{ recordedMs, ...defined({ ms: ms === undefined ? undefined : rounded(ms), exitCode }) },
    same: differences.length === 0 && skipped === undefined,
    differences: differences.map((each) => ({ ...each })),
    notes: [...notes],
    ...defined({ skipped }),
  };
}

function outcomeText(io: CliIo, outcome: Replayed): string {
  const colors = createColors(io.stdout.color);
  const { call, ms, differences, notes, skipped } = outcome;
  const isSame = differences.length === 0 && skipped === undefined;
  const mark = isSame ? colors.green("✓") : colors.red("✗");
  const took =
    ms === undefined ? "not made again" : `${duration(ms)}, recorded ${duration(call.ms)}`;
  const lines = [
    `${mark} ${colors.bold(printable(`${call.operation} ${call.plugin}`))}  ${colors.dim(took)}`,
    ...(skipped === undefined ? [] : [`    ${printable(skipped)}`]),
    ...differences.map(({ what, recorded, now }) =>
      printable(`    ${what}: ${now}, recorded ${recorded}`),
    ),
    ...notes.map((note) => `    ${colors.dim(printable(note))}`),
  ];
  return lines.join("\n");
}
