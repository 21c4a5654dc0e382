/** `hawser sync`: checks attachments, puts back what is missing, and names the rest. */
import { createColors } from "picocolors";
import { defined, printable } from "../../base/index.ts";
import type { Repair } from "../../plugin/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { attachmentKey, CniError, ErrorCode } from "../../spec/index.ts";
import { type AttachmentSync, syncAttachments, syncToJson } from "../../sync/index.ts";
import { type KnownAttachment, knownAttachments, nameOf, podOf } from "../../view/index.ts";
import { cacheFiles } from "../../view/sources/index.ts";
import { attachmentsNamed } from "../attachments.ts";
import { duration } from "../durations.ts";
import { type CliIo, ExitCode } from "../io.ts";
import { placesFor, problemText } from "../node.ts";
import { rounded } from "../report.ts";
import { type CommonOptions, findNetwork, UsageError } from "../request.ts";
import { Session } from "../session.ts";
import { suggestion } from "../suggest.ts";

/** What `sync` has beside the common options. */
export interface SyncCommandOptions extends CommonOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

/** Gives 0 when all is as it should be now, and 1 when something is left. */
export async function runSync(
  io: CliIo,
  what: string | undefined,
  options: SyncCommandOptions,
): Promise<number> {
  const session = new Session(io, options, "SYNC");
  let isRight = true;
  const code = await session.run(async () => {
    const { all = false, dryRun = false, id } = options;
    if (!all && what === undefined && id === undefined) {
      throw new UsageError("say what to sync: a network, an attachment, or --all");
    }
    if (all && what !== undefined) throw new UsageError(`--all and ${what} contradict each other`);
    if (io.isRoot === false) {
      throw new CniError(ErrorCode.IO_FAILURE, "permission denied: sync enters namespaces");
    }
    const silent = { onPlugin: () => undefined, onStep: () => undefined };
    const runtime = session.runtime(silent);
    const known = knownAttachments(runtime, io.env);
    // What the cache has of an attachment that cannot be read is nothing, to the runtime.
    cacheFiles(placesFor(session).cacheDirs, (problem) => session.warn(problemText(problem)));
    const chosen = choose(session, known, runtime, what);
    const started = performance.now();
    const { signal } = io;
    const reports = await syncAttachments(chosen, { runtime, dryRun, signal });
    const ms = performance.now() - started;
    isRight = reports.every(({ state }) => state !== "left" && state !== "restorable");
    session.answer({ dryRun, ms: rounded(ms), attachments: reports.map(syncToJson) });
    for (const report of reports) {
      if (report.state !== "fine" || reports.length === 1) session.say(linesOf(io, report));
    }
    session.say(`${countsOf(reports, dryRun)} (${duration(ms)})`);
  });
  return code === ExitCode.DONE && !isRight ? ExitCode.FAILED : code;
}

/** @throws CniError or UsageError that says what there is, where nothing has the name, or several have */
function choose(
  session: Session,
  known: readonly KnownAttachment[],
  runtime: Runtime,
  what: string | undefined,
): readonly KnownAttachment[] {
  const { id, ifname } = session.options;
  const pods = new Map(runtime.cachedAttachments().map((one) => [attachmentKey(one), one.args]));
  const all = known.map((one) => {
    return { ...one, ...defined({ pod: podOf(pods.get(attachmentKey(one)) ?? []) }) };
  });
  const isNetwork = known.some(({ network }) => network === what);
  let chosen: readonly KnownAttachment[] = all;
  if (isNetwork) chosen = all.filter(({ network }) => network === what);
  else if (what !== undefined && isConfigured(session, what)) chosen = [];
  else if (what !== undefined) chosen = attachmentsNamed(all, what);
  if (id !== undefined) chosen = attachmentsNamed(chosen, id);
  if (ifname === undefined) return chosen;
  const wanted = chosen.filter((one) => one.ifName === ifname);
  if (wanted.length > 0 || chosen.length === 0) return wanted;
  const there = chosen.map((one) => one.ifName);
  throw new UsageError(`no attachment has the interface ${ifname}; ${suggestion(ifname, there)}`);
}

/** Whether it is a network to which nothing is attached. */
function isConfigured({ io, options }: Session, name: string): boolean {
  try {
    findNetwork(io, name, options);
    return true;
  } catch {
    return false;
  }
}

const WORDS = {
  fine: "as it should be",
  restored: "put right",
  restorable: "can be put right",
  left: "not as it should be",
  skipped: "not looked at",
} as const;

function linesOf({ stdout }: CliIo, report: AttachmentSync): string {
  const colors = createColors(stdout.color);
  const { network, state, reason, advice, plugins } = report;
  const head = `${colors.bold(printable(nameOf(report)))} on ${network}: ${WORDS[state]}`;
  const why = reason === undefined ? "" : `: ${printable(withAdvice(reason, advice))}`;
  const lines = plugins.flatMap(({ type, pieces = [], error }) => [
    ...pieces.flatMap((piece) => {
      const line = pieceLine(piece);
      return line === undefined
        ? []
        : `  ${markOf(piece.state, colors)} ${printable(`${type}: ${line}`)}`;
    }),
    ...(error === undefined
      ? []
      : [
          `  ${colors.red("✗")} ${printable(`${type}: ${error.message}`)} (checked, and not changed)`,
        ]),
  ]);
  return [`${head}${why}`, ...lines].join("\n");
}

function markOf(state: Repair["state"], colors: ReturnType<typeof createColors>): string {
  if (state === "left") return colors.red("✗");
  return state === "restored" ? colors.green("✓") : colors.yellow("!");
}

function pieceLine({ piece, state, missed, reason, advice }: Repair): string | undefined {
  if (state === "fine") return undefined;
  // Some pieces begin with their own name what they say.
  const what = missed?.startsWith(`${piece}: `) ? missed : `${piece}: ${missed ?? ""}`;
  if (state === "restored") return `${what}: put back`;
  if (state === "restorable") return `${what}: can be put back`;
  return `${what}\n      ${withAdvice(reason ?? "it cannot be put back", advice)}`;
}

function withAdvice(text: string, advice: string | undefined): string {
  return advice === undefined ? text : `${text}: ${advice}`;
}

function countsOf(reports: readonly AttachmentSync[], dryRun: boolean): string {
  const count = (state: AttachmentSync["state"]): number =>
    reports.filter((report) => report.state === state).length;
  const all = reports.length === 1 ? "1 attachment" : `${reports.length} attachments`;
  const put = dryRun ? `${count("restorable")} to put right` : `${count("restored")} put right`;
  const parts = [`${count("fine")} as they should be`, put, `${count("left")} left`];
  return `${all}: ${[...parts, `${count("skipped")} not looked at`].join(", ")}`;
}
