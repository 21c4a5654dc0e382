/** `hawser gc`: removes what belongs to no valid attachment, or what has no namespace any more. */
import type { Runtime } from "../../runtime/index.ts";
import {
  CniError,
  type JsonObject,
  type NetworkConfig,
  type ValidAttachment,
} from "../../spec/index.ts";
import {
  isDead,
  type KnownAttachment,
  knownAttachments,
  nameOf,
  notValid,
} from "../../view/index.ts";
import { attachmentJson } from "../attachment-json.ts";
import { duration } from "../durations.ts";
import type { CliIo } from "../io.ts";
import { rounded } from "../report.ts";
import { type CommonOptions, UsageError } from "../request.ts";
import { Session } from "../session.ts";
import { dryRunGc } from "./dry-run.ts";

/** What `gc` has beside the common options. */
export interface GcOptions extends CommonOptions {
  readonly valid?: ValidAttachment[];
  readonly noneValid?: boolean;
  readonly dead?: boolean;
  readonly dryRun?: boolean;
}

/** What a GC is about. */
interface Collection {
  readonly session: Session;
  readonly runtime: Runtime;
  readonly config: NetworkConfig;
  /** What is known to be attached to the network. */
  readonly before: readonly KnownAttachment[];
}

/** `hawser gc`: which attachments go must be said, by those that stay or by what they have lost. */
export async function runGc(io: CliIo, name: string, options: GcOptions): Promise<number> {
  const session = new Session(io, options, "GC");
  return await session.run(async () => {
    const valid = validAttachments(options);
    const runtime = session.runtime();
    const config = session.networkOrRemembered(name, runtime);
    const before = known(runtime, io, config);
    const collection = { session, runtime, config, before };
    if (config.disableGC && valid !== undefined) {
      session.answer({ removed: [], skipped: true, plugins: [] });
      session.say(`nothing was done: ${config.name} says "disableGC"`);
      return;
    }
    const stale =
      valid === undefined ? before.filter(isDead) : notValid(before, config.name, valid);
    if (options.dryRun === true) await dryRunGc(collection, stale, valid);
    else if (valid === undefined) await removeDead(collection, stale);
    else await collect(collection, valid);
  });
}

function known(runtime: Runtime, io: CliIo, { name }: NetworkConfig): KnownAttachment[] {
  return knownAttachments(runtime, io.env).filter(({ network }) => network === name);
}

/** GC by the specification; what it removed is seen by what is not known any more. */
async function collect(
  { session, runtime, config, before }: Collection,
  valid: readonly ValidAttachment[],
): Promise<void> {
  const started = performance.now();
  await runtime.gc(config, valid, session.call);
  const ms = performance.now() - started;
  const left = new Set(known(runtime, session.io, config).map(nameOf));
  const removed = before.filter((one) => !left.has(nameOf(one)));
  tell(session, removed, ms);
  const counts = `${removed.length} removed, ${valid.length} valid`;
  session.say(`${config.name}: ${counts} (${duration(ms)})`);
}

/** DEL of each, and no GC: what is not noted stays as it is. */
async function removeDead(
  { session, runtime, config, before }: Collection,
  dead: readonly KnownAttachment[],
): Promise<void> {
  const started = performance.now();
  const removed: KnownAttachment[] = [];
  let failure: CniError | undefined;
  for (const one of dead) {
    const { containerId, ifName } = one;
    try {
      // Its path may lead to another container's namespace by now.
      await runtime.del(config, { containerId, ifName, netns: "" }, session.call);
      removed.push(one);
    } catch (error) {
      const known = CniError.from(error);
      session.warn(`${nameOf(one)} cannot be removed: ${known.message}`);
      failure ??= known;
    }
  }
  const ms = performance.now() - started;
  if (failure === undefined) tell(session, removed, ms);
  const living = before.length - dead.length;
  session.say(`${config.name}: ${removed.length} removed, ${living} alive (${duration(ms)})`);
  if (failure !== undefined) throw failure;
}

function tell(session: Session, removed: readonly KnownAttachment[], ms: number): void {
  const answer: JsonObject = {
    ...{ ms: rounded(ms), removed: removed.map(attachmentJson) },
    plugins: session.account.toJson(),
  };
  session.answer(answer);
  for (const one of removed) session.say(`removed ${nameOf(one)}`);
}

/** The attachments that stay; undefined where those go that have lost their namespace. */
function validAttachments(options: GcOptions): ValidAttachment[] | undefined {
  const { valid = [], noneValid = false, dead = false } = options;
  if (valid.length > 0 && noneValid) {
    throw new UsageError("--valid and --none-valid contradict each other");
  }
  if (dead && (valid.length > 0 || noneValid)) {
    throw new UsageError("--dead finds out itself what is valid: leave out the rest");
  }
  if (dead) return undefined;
  if (valid.length === 0 && !noneValid) {
    throw new UsageError(
      "gc removes every attachment that is not valid, so say which are: " +
        "--valid ID:IFNAME for each, or --none-valid; or --dead for those without a namespace",
    );
  }
  return valid;
}
