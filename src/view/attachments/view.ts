import { defined } from "../../base/index.ts";
import type { NetnsIdentity } from "../../kernel/netns/index.ts";
import type { CachedAttachment, LoadedNetwork } from "../../runtime/index.ts";
import { parseArgs } from "../../spec/index.ts";
import { reservedAt } from "../../state/reservations/index.ts";
import { podOf } from "../pod.ts";
import {
  type HostLinks,
  NetnsLooks,
  type Places,
  type Problem,
  type Reservation,
} from "../sources/index.ts";
import type { AttachedLink, NodeAttachment } from "./attachment.ts";
import type { Draft } from "./draft.ts";
import { addressKey, findingsOf, type Plain, stateOf } from "./findings.ts";
import { type Gathered, gather } from "./gather.ts";
import { type Promised, portsOf, promisedBy } from "./promise.ts";

/** What is on this node. */
export interface NodeView {
  /** Sorted by network, pod or container, and interface. */
  readonly attachments: readonly NodeAttachment[];
  /** Sources that could not be read. */
  readonly problems: readonly Problem[];
  /** The networks that are configured, by their names. */
  readonly networks: ReadonlyMap<string, LoadedNetwork>;
  /** Of all networks, those that no attachment has among them. */
  readonly reservations: readonly Reservation[];
  /** Undefined where the kernel did not list them. */
  readonly links: HostLinks | undefined;
}

/** How the node is looked at. */
export interface ViewOptions {
  /**
   * Reads what is noted of a namespace only where its path does not tell: an attachment has no `identity`
   * then. For lists, where a note for each of a thousand attachments costs what all else does.
   */
  readonly isQuick?: boolean;
  /** Milliseconds since 1970; now when absent. */
  readonly now?: number;
}

/**
 * Joins what caches, journal, notes, reservations and kernel each know of this node's attachments.
 * Looks only, and goes on after whatever cannot be read. No namespace is entered.
 */
export function viewOfNode(places: Places, options: ViewOptions = {}): NodeView {
  const { now = Date.now(), isQuick = false } = options;
  const problems: Problem[] = [];
  const gathered = gather(places, (problem) => problems.push(problem));
  const looks = new NetnsLooks("numbers");
  const plain = gathered.drafts.map(
    (draft) => [draft, plainOf(draft, gathered, { looks, isQuick })] as const,
  );
  const byAddress = new Map<string, Plain[]>();
  for (const [, one] of plain) {
    if (one.earlierBoot || one.netnsState === "gone" || one.netnsState === "replaced") continue;
    for (const text of one.addresses) {
      const key = addressKey(one.network, text.split("/", 1)[0] ?? "");
      byAddress.set(key, [...(byAddress.get(key) ?? []), one]);
    }
  }
  const attachments = plain.map(([draft, one]): NodeAttachment => {
    const findings = findingsOf(one, draft, { gathered, byAddress, now });
    return { ...one, findings, state: stateOf(findings) };
  });
  const { networks, links, reservations } = gathered;
  return { attachments: sorted(attachments), problems, networks, links, reservations };
}

function sorted(attachments: readonly NodeAttachment[]): NodeAttachment[] {
  return attachments
    .map((one) => {
      const { network, pod, containerId, ifName } = one;
      const names = [network, pod?.namespace ?? "", pod?.name ?? "", containerId, ifName];
      return { one, key: names.join("\0") };
    })
    .sort((first, second) => (first.key < second.key ? -1 : 1))
    .map(({ one }) => one);
}

interface Looking {
  readonly looks: NetnsLooks;
  readonly isQuick: boolean;
}

function plainOf(draft: Draft, { links, networks }: Gathered, { looks, isQuick }: Looking): Plain {
  const { network, containerId, ifName, file, note, journal, reservations } = draft;
  const cached = file?.attachment;
  const entry = journal?.[0];
  const promised = cached?.result && promisedBy(cached.result, ifName);
  const addresses =
    promised?.addresses ?? entry?.addresses ?? reservations.map(({ address }) => address);
  let identity: NetnsIdentity | undefined;
  const identityOf = (): NetnsIdentity | undefined => {
    identity ??= note?.()?.netns ?? entry?.netns;
    return identity;
  };
  const netns = cached?.netns || entry?.netns.path || "";
  const earlierBoot = cached?.earlierBoot ?? false;
  if (!isQuick) identityOf();
  const attachedAt = isQuick ? file?.writtenAt : undefined;
  const netnsState = earlierBoot ? "gone" : looks.stateOf(netns, attachedAt, identityOf);
  const args = cached?.args ?? (entry === undefined ? [] : argsOf(entry.env["CNI_ARGS"]));
  return {
    network,
    containerId,
    ifName,
    sources: [...draft.sources],
    reservations,
    netns,
    earlierBoot,
    addresses,
    finished: cached?.finished ?? (entry === undefined || entry.addresses !== undefined),
    netnsState,
    ports: cached === undefined ? [] : portsOf(cached.capabilityArgs),
    ...defined({
      identity: earlierBoot ? undefined : identity,
      pod: podOf(args),
      mac: promised?.mac,
      hostLink: linkOf(draft, promised, links),
      since: sinceOf(draft),
      networkFile: networks.get(network)?.file,
      cacheDir: file?.cacheDir,
      cacheFile: file?.path,
      cached,
    }),
  };
}

/** Of an attachment that a runtime's cache does not know. */
function argsOf(text: string | undefined): CachedAttachment["args"] {
  try {
    return parseArgs(text ?? "");
  } catch {
    return [];
  }
}

/** The link with the mark, else what the result lists of the host's and containers do not share. */
function linkOf(
  { link, facts }: Draft,
  promised: Promised | undefined,
  links: HostLinks | undefined,
): AttachedLink | undefined {
  if (link !== undefined) return link;
  const listed = (promised?.hostInterfaces ?? []).filter((name) => name !== facts?.bridge);
  const found = listed.flatMap((name) => links?.byName.get(name) ?? []);
  const own = found.find(({ kind }) => kind !== "bridge");
  if (own !== undefined) return own;
  const [missing] = listed.filter((name) => links?.byName.get(name)?.kind !== "bridge");
  return missing === undefined ? undefined : { name: missing };
}

function sinceOf({ file, reservations }: Draft): number | undefined {
  const noted = Date.parse(file?.attachment?.createdAt ?? "");
  if (!Number.isNaN(noted)) return noted;
  if (file !== undefined) return file.writtenAt;
  const [first] = reservations;
  return first === undefined ? undefined : reservedAt(first);
}
