/** The commands that are about one attachment: add, check, del. */
import type { LoadedNetwork, Runtime, RuntimeConf } from "../../runtime/index.ts";
import {
  CniError,
  convertResult,
  ErrorCode,
  type JsonObject,
  type NetworkConfig,
} from "../../spec/index.ts";
import { type KnownAttachment, knownOrNone, nameOf } from "../../view/index.ts";
import { attachmentJson } from "../attachment-json.ts";
import { duration } from "../durations.ts";
import { ExplainedError } from "../failure.ts";
import { namedAttachment } from "../identity.ts";
import type { CliIo } from "../io.ts";
import { adviceForAdd } from "../namespace.ts";
import { resultLines, rounded } from "../report.ts";
import { attachmentConf, type CommonOptions, requireCapabilities } from "../request.ts";
import { Session } from "../session.ts";
import { listed } from "../suggest.ts";

/** What a command is about, and what it prints with. */
export interface AttachmentCommand {
  readonly session: Session;
  readonly conf: RuntimeConf;
  readonly config: LoadedNetwork["config"];
}

/** Runs a command about an attachment to be: reads its options, loads its network, does the work. */
export async function onAttachment(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions & { readonly operation: string },
  work: (command: AttachmentCommand) => Promise<void>,
): Promise<number> {
  const session = new Session(io, options, options.operation);
  return await session.run(async () => {
    const conf = attachmentConf(io, netns, options);
    session.about(identityOf(conf));
    const { config } = session.network(name);
    await work({ session, conf, config });
  });
}

/** `hawser add` */
export async function runAdd(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  const named = { ...options, operation: "ADD" };
  return await onAttachment(io, name, netns, named, async ({ session, conf, config }) => {
    requireCapabilities(config, conf.capabilityArgs);
    const runtime = session.runtime();
    const started = performance.now();
    const result = await runtime.add(config, conf, session.call).catch((error: unknown) => {
      throw new ExplainedError(error, { advice: adviceForAdd(error, conf, runtime, io) });
    });
    const ms = performance.now() - started;
    const { cniVersion } = config;
    session.answer({
      ...{ ms: rounded(ms), result: convertResult(result, cniVersion) },
      plugins: session.account.toJson(),
    });
    session.say("");
    if (!session.json) io.stdout.write(resultLines(result, io.stdout));
    session.say(
      `\n${conf.containerId} is attached to ${config.name} as ${conf.ifName} (${duration(ms)})`,
    );
  });
}

/** What `check` and `del` work with. */
interface Present extends AttachmentCommand {
  readonly runtime: Runtime;
  /** Undefined when nothing is known of the attachment. */
  readonly known: Pick<KnownAttachment, "isCached"> | undefined;
  /** What is known to be attached to the network, where the attachment had to be searched for. */
  readonly others: readonly KnownAttachment[];
}

async function onPresent(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions & { readonly operation: string },
  work: (command: Present) => Promise<void>,
): Promise<number> {
  const session = new Session(io, options, options.operation);
  return await session.run(async () => {
    // Names are judged before anything is looked for. One with a slash is a pod's, and no container's.
    const isPod = options.id?.includes("/") === true;
    const given = isPod ? undefined : attachmentConf(io, netns, options);
    const runtime = session.runtime();
    const config = session.networkOrRemembered(name, runtime);
    const found =
      (given && cachedAttachment(runtime, config, given)) ??
      search(session, runtime, config, netns);
    session.about(identityOf(found.conf));
    await work({ session, config, runtime, ...found });
  });
}

type Found = Pick<Present, "conf" | "known" | "others">;

/** The attachment whose whole name was given: its file is found without a look at any other. */
function cachedAttachment(
  runtime: Runtime,
  config: NetworkConfig,
  conf: RuntimeConf,
): Found | undefined {
  try {
    const cached = runtime.cachedConfig(config, conf)?.conf;
    if (cached === undefined) return undefined;
    const netns = conf.netns === "" ? cached.netns : conf.netns;
    return { conf: { ...conf, netns }, known: { isCached: true }, others: [] };
  } catch {
    return undefined; // the search says what is wrong
  }
}

function search(session: Session, runtime: Runtime, config: NetworkConfig, netns: string): Found {
  const { io, options } = session;
  const all = knownOrNone(runtime, io, (text) => session.warn(text));
  const others = all.filter(({ network }) => network === config.name);
  const { conf, known } = namedAttachment(io, netns, options, others);
  return { conf, known, others };
}

/** `hawser check` */
export async function runCheck(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  const named = { ...options, operation: "CHECK" };
  return await onPresent(io, name, netns, named, async (command) => {
    const { session, conf, config, runtime, known, others } = command;
    try {
      await runtime.check(config, conf, session.call);
    } catch (error) {
      throw new ExplainedError(error, { advice: adviceForCheck(known, others) });
    }
    const skipped = config.disableCheck;
    session.answer({ ...(skipped && { skipped }), plugins: session.account.toJson() });
    session.say(
      skipped
        ? `nothing was checked: ${config.name} says "disableCheck"`
        : `${conf.containerId} is attached to ${config.name} as ${conf.ifName}, as it should be`,
    );
  });
}

function adviceForCheck(
  known: Present["known"],
  others: readonly KnownAttachment[],
): string | undefined {
  if (known === undefined) return `attach it first, by add; ${attachedAre(others)}`;
  return known.isCached ? undefined : "its runtime keeps the result of the add: ask that one";
}

/** `hawser del` */
export async function runDel(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions & { readonly dryRun?: boolean },
): Promise<number> {
  const named = { ...options, operation: "DEL" };
  return await onPresent(io, name, netns, named, async (command) => {
    const { session, conf, config, runtime, known, others } = command;
    if (options.dryRun === true) {
      const { dryRunDel } = await import("./dry-run.ts");
      await dryRunDel({ session, runtime, config }, conf, known !== undefined);
      return;
    }
    if (known === undefined) session.account.silence();
    const started = performance.now();
    try {
      await runtime.del(config, conf, session.call);
    } catch (error) {
      if (known !== undefined || !isMissing(error)) throw error;
      session.warn(CniError.from(error).message);
    }
    const ms = performance.now() - started;
    session.answer({
      ...{ ms: rounded(ms), attached: known !== undefined },
      ...(known === undefined && { others: others.map(attachmentJson) }),
      plugins: session.account.toJson(),
    });
    session.say(
      known === undefined
        ? `nothing was attached to ${config.name} by the name ${conf.containerId}:${conf.ifName}; ${attachedAre(others)}`
        : `${conf.containerId} is not attached to ${config.name} as ${conf.ifName} any more ` +
            `(${duration(ms)})`,
    );
  });
}

/** A plugin that is not installed has made nothing of an attachment that is not known. */
function isMissing(error: unknown): boolean {
  return CniError.from(error).code === ErrorCode.PLUGIN_NOT_AVAILABLE;
}

function attachedAre(others: readonly KnownAttachment[]): string {
  return others.length === 0 ? "nothing is" : `attached are: ${listed(others.map(nameOf))}`;
}

function identityOf({ containerId, ifName, netns }: RuntimeConf): JsonObject {
  return { containerId, ifName, netns };
}
