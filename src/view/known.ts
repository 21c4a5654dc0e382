/** What is attached on this node as far as Hawser knows, by whatever door it came in. */
import { Journal } from "../journal/index.ts";
import {
  findNetns,
  isOwnPath,
  leadsTo,
  Netns,
  NetnsGoneError,
  type NetnsIdentity,
} from "../kernel/netns/index.ts";
import type { CachedAttachment, Runtime } from "../runtime/index.ts";
import {
  type Attachment,
  attachmentKey,
  CniError,
  type PartialEnvironment,
  type ValidAttachment,
} from "../spec/index.ts";
import { OwnerStore, stateDirectory } from "../state/owner/index.ts";
import { type Pod, podOf } from "./pod.ts";
import { journalFiles, type NoteFiles, netnsNotes } from "./sources/notes.ts";
import { type OnProblem, refuse } from "./sources/problem.ts";

/** An attachment that a runtime or a plugin has noted. */
export interface KnownAttachment extends Attachment {
  /** Path of the namespace when it was attached; empty where it is not noted. */
  readonly netns: string;
  /** What proves the namespace, where a plugin has noted it. */
  readonly identity?: NetnsIdentity | undefined;
  /** False for an ADD that is under way, or was cut short. */
  readonly finished: boolean;
  /** Whether the machine has booted since. */
  readonly earlierBoot: boolean;
  /** Whether the runtime's cache has it; else a plugin has noted it. */
  readonly isCached: boolean;
  readonly pod?: Pod | undefined;
}

/** What the sources have of one attachment. */
interface Draft {
  readonly one: Omit<KnownAttachment, "identity">;
  /** Read what is noted of its namespace: a plugin's note, and the journal. */
  noted?: () => NetnsIdentity | undefined;
  journalled?: () => NetnsIdentity | undefined;
}

/**
 * All of them: those of the runtime's cache, which any runtime with libcni's layout writes, those of
 * the daemon's journal, and those whose namespace a plugin has noted. What a note has of an attachment
 * that the cache knows is read when it is asked for, since most callers ask of a few.
 * @param onProblem takes what cannot be read, also later; without it the error is thrown
 */
export function knownAttachments(
  runtime: Runtime,
  env: PartialEnvironment,
  onProblem: OnProblem = refuse,
): KnownAttachment[] {
  const stateDir = stateDirectory(env);
  const drafts = new Map<string, Draft>();
  for (const cached of runtime.cachedAttachments()) {
    drafts.set(attachmentKey(cached), { one: fromCache(cached) });
  }
  meet(drafts, journalFiles(stateDir, onProblem), (one) => Journal.nameOf(one), {
    ownerOf: ([first]) => first,
    draftOf: ([first]) => ({ one: { ...fromPlugin(first), netns: first.netns.path } }),
    note: (draft, read) => {
      draft.journalled = () => read()?.[0].netns;
    },
  });
  meet(drafts, netnsNotes(stateDir, onProblem), (one) => OwnerStore.nameOf(one), {
    ownerOf: (note) => note,
    draftOf: (note) => ({ one: fromPlugin(note) }),
    note: (draft, read) => {
      draft.noted = () => read()?.netns;
    },
  });
  return [...drafts.values()].map(({ one, noted, journalled }) => ({
    ...one,
    get identity(): NetnsIdentity | undefined {
      return noted?.() ?? journalled?.();
    },
  }));
}

/** How the files of one kind speak of attachments. */
interface Meeting<T> {
  readonly ownerOf: (file: T) => Attachment;
  /** Of an attachment that nothing before has known. */
  readonly draftOf: (file: T) => Draft;
  readonly note: (draft: Draft, read: () => T | undefined) => void;
}

/** Only files that go by the name of no known attachment are read now. */
function meet<T>(
  drafts: Map<string, Draft>,
  { names, read }: NoteFiles<T>,
  nameOf: (attachment: Attachment) => string,
  { ownerOf, draftOf, note }: Meeting<T>,
): void {
  if (names.size === 0) return;
  const rest = new Set(names);
  for (const [key, draft] of drafts) {
    const name = nameOf(draft.one);
    if (!rest.delete(name)) continue;
    note(draft, () => {
      const file = read(name);
      return file !== undefined && attachmentKey(ownerOf(file)) === key ? file : undefined;
    });
  }
  for (const name of rest) {
    const file = read(name);
    if (file === undefined) continue;
    const key = attachmentKey(ownerOf(file));
    const draft = drafts.get(key) ?? draftOf(file);
    drafts.set(key, draft);
    note(draft, () => file);
  }
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
    return knownAttachments(runtime, env, (problem) => {
      if (!isRoot) refuse(problem);
      warn(`what is attached cannot be read whole: ${problem.source}: ${problem.text}`);
    });
  } catch (error) {
    if (!isRoot) throw error;
    warn(`what is attached cannot be read: ${CniError.from(error).message}`);
    return [];
  }
}

function fromCache(cached: CachedAttachment): Draft["one"] {
  const { network, containerId, ifName, netns, finished, earlierBoot } = cached;
  const attachment = { network, containerId, ifName };
  return { ...attachment, netns, finished, earlierBoot, isCached: true, pod: podOf(cached.args) };
}

function fromPlugin({ network, containerId, ifName }: Attachment): Draft["one"] {
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
    valid.map(({ containerId, ifName }) => attachmentKey({ network, containerId, ifName })),
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
