/** What is attached on this node as far as Hawser knows, by whatever door it came in. */
import { defined } from "../base/index.ts";
import {
  findNetns,
  isOwnPath,
  leadsTo,
  Netns,
  NetnsGoneError,
  type NetnsIdentity,
} from "../kernel/netns/index.ts";
import type { Runtime } from "../runtime/index.ts";
import {
  type Attachment,
  attachmentKey,
  CniError,
  type PartialEnvironment,
  type ValidAttachment,
} from "../spec/index.ts";
import { stateDirectory } from "../state/owner/index.ts";
import { type Pod, podOf } from "./pod.ts";
import { allOf, journalFiles, netnsNotes } from "./sources/notes.ts";
import { refuse } from "./sources/problem.ts";

/** An attachment that a runtime or a plugin has noted. */
export interface KnownAttachment extends Attachment {
  /** Path of the namespace when it was attached; empty where it is not noted. */
  readonly netns: string;
  /** What proves the namespace, where a plugin has noted it. */
  readonly identity?: NetnsIdentity;
  /** False for an ADD that is under way, or was cut short. */
  readonly finished: boolean;
  /** Whether the machine has booted since. */
  readonly earlierBoot: boolean;
  /** Whether the runtime's cache has it; else a plugin has noted it. */
  readonly isCached: boolean;
  readonly pod?: Pod;
}

/**
 * All of them: those of the runtime's cache, which any runtime with libcni's layout writes, those of
 * the daemon's journal, and those whose namespace a plugin has noted.
 */
export function knownAttachments(runtime: Runtime, env: PartialEnvironment): KnownAttachment[] {
  const stateDir = stateDirectory(env);
  const known = new Map<string, KnownAttachment>();
  for (const cached of runtime.cachedAttachments()) {
    const pod = podOf(cached.args);
    known.set(attachmentKey(cached), { ...cached, isCached: true, ...defined({ pod }) });
  }
  for (const [first] of allOf(journalFiles(stateDir, refuse))) {
    const key = attachmentKey(first);
    const { path: netns, ...identity } = first.netns;
    known.set(key, { ...fromPlugin(first), netns, ...known.get(key), identity });
  }
  for (const note of allOf(netnsNotes(stateDir, refuse))) {
    const key = attachmentKey(note);
    const identity = note.netns;
    known.set(key, { ...(known.get(key) ?? fromPlugin(note)), ...defined({ identity }) });
  }
  return [...known.values()];
}

/** What reads: its environment, and whether it is root. */
export interface Caller {
  readonly env: PartialEnvironment;
  readonly isRoot?: boolean;
}

/**
 * The same where it is no reason to stop when nothing can be read: then `warn` is called.
 * @throws for a caller that is not root, and may not read it
 */
export function knownOrNone(
  runtime: Runtime,
  { env, isRoot = true }: Caller,
  warn: (text: string) => void,
): KnownAttachment[] {
  try {
    return knownAttachments(runtime, env);
  } catch (error) {
    if (!isRoot) throw error;
    warn(`what is attached cannot be read: ${CniError.from(error).message}`);
    return [];
  }
}

function fromPlugin({ network, containerId, ifName }: Attachment): KnownAttachment {
  const noted = { netns: "", finished: true, earlierBoot: false, isCached: false };
  return { network, containerId, ifName, ...noted };
}

/** Those of one network that a list of valid ones does not hold. */
export function notValid<T extends Attachment>(
  known: readonly T[],
  network: string,
  valid: readonly ValidAttachment[],
): T[] {
  const keep = new Set(
    valid.map(({ containerID, ifname }) =>
      attachmentKey({ network, containerId: containerID, ifName: ifname }),
    ),
  );
  return known.filter((one) => one.network === network && !keep.has(attachmentKey(one)));
}

/**
 * Whether the namespace of an attachment is gone for certain. A path that cannot be looked at now
 * proves nothing, and neither does an attachment of which no namespace is known.
 */
export function isDead({ netns, identity, earlierBoot }: KnownAttachment): boolean {
  if (earlierBoot) return true;
  if (identity !== undefined) {
    if (netns !== "" && !isOwnPath(netns) && leadsTo(netns, identity)) return false;
    return findNetns(identity) === undefined;
  }
  if (netns === "") return false;
  try {
    using _ = Netns.open(netns);
    return false;
  } catch (error) {
    return error instanceof NetnsGoneError;
  }
}

/** `ID:IFNAME`, as `gc --valid` takes it. */
export function nameOf({ containerId, ifName }: Attachment): string {
  return `${containerId}:${ifName}`;
}
