/** `hawser trace` and its subcommands: the recorded calls of this node. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createColors } from "picocolors";
import { defined, printable } from "../../base/index.ts";
import {
  type CallFilter,
  type CallForest,
  type CallGroup,
  CallLog,
  DEFAULT_MAX_BYTES,
  fits,
  groupsOf,
  isRefused,
  type LogReader,
  named,
  type Settings,
  Switch,
} from "../../recording/index.ts";
import { CniError, ErrorCode, type JsonObject } from "../../spec/index.ts";
import { stateDirectory } from "../../state/owner/index.ts";
import { type CliIo, ExitCode, interruptedCode } from "../io.ts";
import { Session } from "../session.ts";
import { suggestion } from "../suggest.ts";
import { groupJson, groupLine, groupLines, subjectOf, timeText } from "../trace/list.ts";
import { waterfall } from "../trace/waterfall.ts";
import { VERSION } from "../version.ts";

export interface TraceOptions extends CallFilter {
  readonly container?: string;
  /** The command whose name is close to that of the container. */
  readonly commandMeant?: string;
  readonly last?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** How many groups are listed unless an option says otherwise. */
const LAST = 20;
/** A line in a pipe. */
const COLUMNS = 100;
const FOLLOW_MS = 250;
const PRIVATE = 0o600;

/** `hawser trace`: the last calls. */
export async function runTrace(io: CliIo, options: TraceOptions): Promise<number> {
  const code = await onRecording(io, options, async (session, { log, at }) => {
    const reader = log.reader();
    const forest = groupsOf(log.all());
    const { follow = false, last = LAST } = options;
    const asked = askedGroups(forest, options);
    const groups = asked.filter((group) => fits(group, options));
    const shown = groups.slice(-last);
    if (!follow) {
      const json = shown.map((group) => groupJson(group, false));
      session.answer({ groups: json, ...statusJson(at, log) });
    }
    if (shown.length > 0 && !session.json) io.stdout.write(groupLines(shown, io.stdout));
    if (follow) return await goOn(session, reader, options);
    const before = groups.length - shown.length;
    if (before > 0) session.say(`and ${before} before (--last)`);
    if (shown.length === 0) session.say(nothingText(forest.groups.length, at));
  });
  return code === ExitCode.DONE && io.signal.aborted ? interruptedCode(io.signal) : code;
}

function askedGroups(
  forest: CallForest,
  { container, follow, commandMeant }: TraceOptions,
): readonly CallGroup[] {
  if (container === undefined) return forest.groups;
  // In a list that goes on, the container may come later.
  if (follow === true) return named(forest.groups, container);
  return groupsNamed(forest, container, commandMeant);
}

/** Prints calls as they come, until a signal ends that, or the reader has. */
async function goOn(session: Session, reader: LogReader, options: TraceOptions): Promise<void> {
  const { io, json } = session;
  const { container } = options;
  while (!io.signal.aborted) {
    const { groups } = groupsOf(reader.news());
    const asked = container === undefined ? groups : named(groups, container);
    for (const group of asked.filter((each) => fits(each, options))) {
      io.stdout.write(json ? `${JSON.stringify(groupJson(group, false))}\n` : groupLine(group));
    }
    if (io.stdout.isClosed?.() === true) return;
    await Bun.sleep(FOLLOW_MS);
  }
}

export interface OnOptions {
  /** In milliseconds. */
  readonly for?: number;
  readonly network?: string[];
  readonly operation?: string[];
  readonly size?: number;
  readonly json?: boolean;
}

/** `hawser trace on` */
export async function runTraceOn(io: CliIo, options: OnOptions): Promise<number> {
  return await onRecording(io, options, (session, { log, at }) => {
    const now = new Date();
    const settings: Settings = {
      since: now.toISOString(),
      maxBytes: options.size ?? DEFAULT_MAX_BYTES,
      ...defined({ networks: options.network, operations: options.operation }),
      ...(options.for === undefined
        ? {}
        : { until: new Date(now.getTime() + options.for).toISOString() }),
    };
    at.on(settings);
    session.answer(statusJson(at, log));
    session.say(statusText(at, log));
  });
}

/** `hawser trace off` */
export async function runTraceOff(
  io: CliIo,
  options: { readonly clear?: boolean; readonly json?: boolean },
): Promise<number> {
  return await onRecording(io, options, (session, { log, at }) => {
    at.off();
    if (options.clear === true) log.clear();
    session.answer(statusJson(at, log));
    session.say(statusText(at, log));
  });
}

/** `hawser trace status` */
export async function runTraceStatus(
  io: CliIo,
  options: { readonly json?: boolean },
): Promise<number> {
  return await onRecording(io, options, (session, { log, at }) => {
    session.answer(statusJson(at, log));
    session.say(statusText(at, log));
  });
}

/** `hawser trace show`: how one call, or all of a container, went on over time. */
export async function runTraceShow(
  io: CliIo,
  subject: string,
  options: { readonly json?: boolean },
): Promise<number> {
  return await onRecording(io, options, (session, { log }) => {
    const forest = groupsOf(log.all());
    const groups = groupsNamed(forest, subject);
    session.answer({ groups: groups.map((group) => groupJson(group, true)) });
    if (session.json) return;
    io.stdout.write(groups.map((group) => shown(group, forest, io)).join("\n"));
  });
}

function shown(group: CallGroup, forest: CallForest, io: CliIo): string {
  const colors = createColors(io.stdout.color);
  const { operation, network, ifName, runtime, time } = group;
  const about = [
    `${operation} ${network}`.trim(),
    subjectOf(group),
    ifName,
    runtime === undefined ? "" : `by ${runtime}`,
    timeText(time),
    group.id.slice(0, 8),
  ];
  const [first = "", ...others] = about
    .filter((text) => text !== "")
    .map((text) => printable(text));
  const { columns = COLUMNS } = io.stdout;
  return `${[colors.bold(first), ...others].join("  ")}\n${waterfall(group, forest, { colors, columns })}`;
}

export interface ExportOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** `hawser trace export`: what `hawser replay` reads on another machine. */
export async function runTraceExport(
  io: CliIo,
  subjects: readonly string[],
  options: ExportOptions,
): Promise<number> {
  return await onRecording(io, options, (session, { log }) => {
    const all = log.all();
    const forest = groupsOf(all);
    const calls =
      subjects.length === 0
        ? all
        : subjects
            .flatMap((subject) => groupsNamed(forest, subject))
            .flatMap((group) => group.calls);
    const { output } = options;
    const head = { hawser: VERSION, exported: new Date().toISOString(), calls: calls.length };
    const text = [head, ...calls].map((each) => `${JSON.stringify(each)}\n`).join("");
    if (output === undefined) {
      io.stdout.write(text);
    } else {
      writeFileSync(resolve(io.cwd, output), text, { mode: PRIVATE });
      session.answer({ file: output, count: calls.length });
      session.say(`${calls.length} calls are in ${output}`);
    }
    session.warn(
      "there are names of networks, containers and pods, addresses, paths and configurations in it; " +
        "secrets that Hawser knows by their keys or their form are masked, others are not: " +
        "read it before you give it away",
    );
  });
}

/** The groups that a word names. @throws CniError that says what there is */
export function groupsNamed(
  { groups }: CallForest,
  subject: string,
  commandMeant?: string,
): readonly CallGroup[] {
  const found = named(groups, subject);
  if (found.length > 0) return found;
  const names = groups.map(subjectOf).filter((name) => name !== "");
  const msg = `no recorded call, container or pod is named ${printable(subject)}`;
  const others =
    groups.length === 0
      ? "nothing is recorded: hawser trace on switches the recording on"
      : printable(suggestion(subject, names));
  const meant = commandMeant === undefined ? "" : `did you mean hawser trace ${commandMeant}? `;
  throw new CniError(ErrorCode.UNKNOWN_CONTAINER, msg, { advice: meant + others });
}

interface Recording {
  readonly log: CallLog;
  readonly at: Switch;
}

/** Does something with the recording of this node. */
async function onRecording(
  io: CliIo,
  options: { readonly json?: boolean },
  work: (session: Session, recording: Recording) => Promise<void> | void,
): Promise<number> {
  const session = new Session(io, defined({ json: options.json }), "TRACE");
  return await session.run(async () => {
    const stateDir = stateDirectory(io.env);
    if (isRefused(stateDir)) {
      throw Object.assign(new Error(`${stateDir} is another user's: permission denied`), {
        code: "EACCES",
      });
    }
    await work(session, { log: new CallLog(stateDir), at: new Switch(stateDir) });
  });
}

function statusJson(at: Switch, log: CallLog): JsonObject {
  const settings = at.look();
  const { since, until, networks, operations, maxBytes } = settings ?? {};
  return {
    recording: {
      on: settings !== undefined,
      ...defined({ since, until, maxBytes }),
      ...defined({ networks: networks && [...networks] }),
      ...defined({ operations: operations && [...operations] }),
      ...{ directory: log.directory, bytes: log.size() },
    },
  };
}

function statusText(at: Switch, log: CallLog): string {
  const settings = at.look();
  const kept = `${sizeText(log.size())} in ${log.directory}`;
  if (settings === undefined) return `calls are not recorded; ${kept}`;
  const { until, networks, operations, maxBytes } = settings;
  const what = operations === undefined ? "calls" : operations.join(" and ");
  const which = networks === undefined ? "" : ` of ${networks.join(", ")}`;
  const end = until === undefined ? "until hawser trace off" : `until ${timeText(until)}`;
  return `${what}${printable(which)} are recorded ${end}; ${kept}, at most ${sizeText(maxBytes)}`;
}

function nothingText(known: number, at: Switch): string {
  if (known > 0) return `none of ${known} recorded operations fits`;
  return at.look() === undefined
    ? "nothing is recorded; hawser trace on switches the recording on"
    : "nothing is recorded yet";
}

const KIB = 1024;

function sizeText(bytes: number): string {
  if (bytes < KIB * KIB) return `${Math.ceil(bytes / KIB)} KiB`;
  return `${(bytes / KIB / KIB).toFixed(1).replace(/\.0$/u, "")} MiB`;
}
