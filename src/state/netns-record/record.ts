import { defined } from "../../base/index.ts";
import type { NetnsIdentity } from "../../kernel/netns/index.ts";
import type { Context } from "../../plugin/index.ts";
import { type Attachment, isObject, type JsonObject, type JsonValue } from "../../spec/index.ts";
import type { Kind } from "../kind.ts";
import { type OwnerStore, ownerRecords } from "../owner/index.ts";

/** The plugin that notes the namespace. */
interface Noting {
  readonly name: string;
  /** The plugin works on what an earlier one of its list has made. */
  readonly chained?: boolean | undefined;
}

/**
 * Which namespace the ADD worked in, noted before anything is made there. At DEL the path in
 * CNI_NETNS may lead to another container, since process IDs and paths are used again.
 *
 * One note serves all plugins of a list: the first that needs it writes it. The plugin that makes
 * the interface is the first of the list, and its DEL the last, which takes the note away.
 */
export function netnsRecord({ name, chained }: Noting): Kind {
  return {
    name: "namespace record",
    want: ({ ctx, owner, namespaces }) => ({
      name: "namespace record",
      describe: () => undefined,
      apply(rollback) {
        const { netns } = namespaces;
        if (netns === undefined) return;
        const store = recordsOf(ctx);
        const noted = chained === true ? readNote(store, owner) : undefined;
        if (noted !== undefined && isSame(noted, netns)) return;
        rollback.defer(() => store.remove(owner));
        store.write(owner, toJson(name, netns));
      },
    }),
    undo({ ctx, owner }) {
      const store = recordsOf(ctx);
      return () => {
        if (chained === true && readNote(store, owner)?.by !== name) return;
        store.remove(owner);
      };
    },
    collect: async ({ ctx }, { network, isStale }) => {
      const store = recordsOf(ctx);
      await store.collect(network, isStale, async (owner) => store.remove(owner));
    },
  };
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

/** Numbers of files are given again; where both have a cookie it alone decides. */
export function isSame(one: NetnsIdentity, other: NetnsIdentity): boolean {
  if (one.cookie !== undefined && other.cookie !== undefined) return one.cookie === other.cookie;
  return one.dev === other.dev && one.ino === other.ino;
}

interface Note extends NetnsIdentity {
  /** The plugin that wrote it. */
  readonly by: string;
}

function recordsOf(ctx: Pick<Context, "env">): OwnerStore {
  return ownerRecords(ctx, "netns");
}

function toJson(by: string, { dev, ino, cookie }: NetnsIdentity): JsonObject {
  return { by, dev: String(dev), ino: String(ino), ...defined({ cookie: cookie?.toString() }) };
}

function readNote(store: OwnerStore, owner: Attachment): Note | undefined {
  const data: JsonValue | undefined = store.read(owner)?.data;
  if (!isObject(data)) return undefined;
  const { by } = data;
  const dev = bigintOf(data["dev"]);
  const ino = bigintOf(data["ino"]);
  if (typeof by !== "string" || dev === undefined || ino === undefined) return undefined;
  return { by, dev, ino, cookie: bigintOf(data["cookie"]) };
}

function bigintOf(value: JsonValue | undefined): bigint | undefined {
  return typeof value === "string" && /^\d{1,20}$/u.test(value) ? BigInt(value) : undefined;
}
