import { defined, errorText } from "../../base/index.ts";
import { Netns, type NetnsIdentity } from "../../kernel/netns/index.ts";
import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import { type Attachment, isObject, type JsonObject, type JsonValue } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import { type Kind, kindOf } from "../kind.ts";
import {
  foundNote,
  type OwnerStore,
  ownerComment,
  ownerRecords,
  staleNotes,
} from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import { type Finding, made, type Standing, spared } from "../standing.ts";

/** The plugin that notes the namespace. */
interface Noting {
  readonly name: string;
  /** Whether the plugin works, or may work, on what an earlier one of its list has made. */
  readonly chained?: boolean | "optional";
}

/**
 * Which namespace the ADD worked in, noted before anything is made there. At DEL the path in
 * CNI_NETNS may lead to another container, since process IDs and paths are used again.
 *
 * One note serves all plugins of a list: the first that needs it writes it. The plugin that makes
 * the interface is the first of the list, and its DEL the last, which takes the note away.
 */
export function netnsRecord({ name, chained = false }: Noting): Kind {
  const mayFollow = chained !== false;
  return kindOf({
    name: "namespace record",
    describe: () => undefined,
    compare: compareNote,
    found: ({ ctx, owner }) => foundOf(ctx, owner, mayFollow ? name : undefined),
    stale: ({ ctx }, { network, isStale }) => staleNotes(recordsOf(ctx), network, isStale),
    apply({ ctx, owner, namespaces: { netns } }, _wanted, rollback) {
      if (netns === undefined) return;
      const store = recordsOf(ctx);
      const before = store.read(owner)?.data;
      const noted = noteOf(before);
      if (noted !== undefined && isSame(noted, netns)) return;
      // An ADD that fails because the attachment exists leaves the note of the one that made it.
      rollback.defer(() => {
        if (before === undefined) store.remove(owner);
        else store.write(owner, before);
      });
      try {
        store.write(owner, { by: name, ...netnsToJson(netns) });
      } catch (error) {
        // A full disk is no reason to keep a container from its network. A note of an earlier ADD
        // would say that this is another namespace.
        store.remove(owner);
        ctx.log(`${name}: DEL will go by marks alone: ${errorText(error)}`);
      }
    },
    check({ ctx, owner }) {
      if (netnsOfAdd(ctx, owner) !== undefined) return;
      throw differs("the namespace of the ADD is not noted");
    },
    restore({ ctx, owner, namespaces: { netns } }) {
      if (netns !== undefined) recordsOf(ctx).write(owner, { by: name, ...netnsToJson(netns) });
    },
    forget({ ctx, owner }) {
      const store = recordsOf(ctx);
      const noted = readNote(store, owner);
      if (mayFollow && noted?.by !== name) return;
      // Runtimes repeat a DEL, and the path may go on leading elsewhere: GC takes the note away.
      if (noted !== undefined && leadsElsewhere(ctx, noted)) return;
      store.remove(owner);
    },
    collect: async ({ ctx }, { network, isStale }) => {
      const store = recordsOf(ctx);
      await store.collect(network, isStale, async (owner) => store.remove(owner));
    },
  });
}

/**
 * For DEL: whether a namespace may be that of the ADD. False when another one was noted. Without a
 * note, as when another implementation did the ADD, only the marks on links can tell.
 */
export function isNetnsOfAdd(ctx: Context, owner: Attachment, netns: NetnsIdentity): boolean {
  const noted = readNote(recordsOf(ctx), owner);
  return noted === undefined || isSame(noted, netns);
}

/** The namespace of an attachment's ADD, as far as it was noted. */
export function netnsOfAdd(
  ctx: Pick<Context, "env">,
  owner: Attachment,
): NetnsIdentity | undefined {
  return readNote(recordsOf(ctx), owner);
}

/**
 * For DEL: whether a link inside the container's namespace may be deleted as the attachment's. It may
 * where the namespace is proved to be that of the ADD. Otherwise, as when another implementation did
 * the ADD, the link must not bear another attachment's mark.
 */
export function isOwnInside({ ctx, owner }: Scene, { alias }: link.Link): boolean {
  if (alias === undefined || alias === ownerComment(owner)) return true;
  return netnsOfAdd(ctx, owner) !== undefined;
}

/** Numbers of files are given again; where both have a cookie it alone decides. */
export function isSame(one: NetnsIdentity, other: NetnsIdentity): boolean {
  if (one.cookie !== undefined && other.cookie !== undefined) return one.cookie === other.cookie;
  return one.dev === other.dev && one.ino === other.ino;
}

/** A note of another namespace is a step of the plan; a new one is nothing that people look for. */
function compareNote({ ctx, owner, namespaces: { netns } }: Scene): Standing {
  const noted = readNote(recordsOf(ctx), owner);
  if (noted === undefined || netns === undefined || isSame(noted, netns)) return made();
  const text = "which namespace the attachment is in";
  return { standing: "changed", text, now: "an earlier ADD of it was in another namespace" };
}

/** @param by of a plugin that may follow others: its own name */
function foundOf(ctx: Context, owner: Attachment, by: string | undefined): readonly Finding[] {
  const store = recordsOf(ctx);
  const noted = readNote(store, owner);
  if (by !== undefined && noted?.by !== by) return [];
  const found = foundNote(store, owner);
  if (noted === undefined || !leadsElsewhere(ctx, noted)) return found;
  const why = "CNI_NETNS leads to another namespace than that of the ADD, which is left alone";
  return found.map(({ text }) => spared(text, why));
}

/** Whether the caller's path leads to a namespace, and that one is not the noted one. */
function leadsElsewhere({ netns, daemonServices }: Context, noted: NetnsIdentity): boolean {
  const path = daemonServices?.netnsPath ?? netns;
  if (path === "") return false;
  try {
    using there = Netns.open(path);
    return !isSame(noted, there);
  } catch {
    return false; // gone, or no namespace
  }
}

interface Note extends NetnsIdentity {
  /** The plugin that wrote it. */
  readonly by: string;
}

function recordsOf(ctx: Pick<Context, "env" | "looksOnly">): OwnerStore {
  return ownerRecords(ctx, "netns");
}

/** A namespace as it stands in an owner record. */
export function netnsToJson({ dev, ino, cookie }: NetnsIdentity): JsonObject {
  return { dev: String(dev), ino: String(ino), ...defined({ cookie: cookie?.toString() }) };
}

/** Reads what `netnsToJson` wrote; undefined when it is something else. */
export function netnsFromJson(json: JsonValue | undefined): NetnsIdentity | undefined {
  if (!isObject(json)) return undefined;
  const dev = bigintOf(json["dev"]);
  const ino = bigintOf(json["ino"]);
  if (dev === undefined || ino === undefined) return undefined;
  return { dev, ino, cookie: bigintOf(json["cookie"]) };
}

function readNote(store: OwnerStore, owner: Attachment): Note | undefined {
  return noteOf(store.read(owner)?.data);
}

function noteOf(data: JsonValue | undefined): Note | undefined {
  const by = isObject(data) ? data["by"] : undefined;
  const netns = netnsFromJson(data);
  return typeof by !== "string" || netns === undefined ? undefined : { by, ...netns };
}

function bigintOf(value: JsonValue | undefined): bigint | undefined {
  return typeof value === "string" && /^\d{1,20}$/u.test(value) ? BigInt(value) : undefined;
}
