import { addTo } from "../../base/index.ts";
import type { NetnsIdentity } from "../../kernel/netns/index.ts";
import type { CachedAttachment, CacheMemory, LoadedNetwork } from "../../runtime/index.ts";
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
import type {
  AttachedLink,
  AttachmentState,
  Finding,
  MappedPort,
  NodeAttachment,
} from "./attachment.ts";
import type { Draft } from "./draft.ts";
import { addressKeys, findingsOf, type Plain, stateOf } from "./findings.ts";
import { type Configured, type Gathered, gather } from "./gather.ts";
import { PortTakers } from "./port-takers.ts";
import { type Promised, portsOf, promisedBy } from "./promise.ts";

/** What is on this node. */
export interface NodeView {
  /** Sorted by network, pod or container, and interface. */
  readonly attachments: readonly NodeAttachment[];
  /** Sources that could not be read. */
  readonly problems: readonly Problem[];
  /** The files that configure networks, as runtimes read them. */
  readonly configured: Configured;
  /** The networks that are configured, by their names. */
  readonly networks: ReadonlyMap<string, LoadedNetwork>;
  /** Of all networks, those that no attachment has among them. */
  readonly reservations: readonly Reservation[];
  /** Undefined where the kernel did not list them. */
  readonly links: HostLinks | undefined;
}

/** How the node is looked at. */
export interface ViewOptions {
  /** Milliseconds since 1970; now when absent. */
  readonly now?: number;
  /** Of a caller that looks again and again. */
  readonly memory?: CacheMemory;
}

/**
 * Joins what caches, journal, notes, reservations and kernel each know of this node's attachments.
 * Looks only, and goes on after whatever cannot be read. No namespace is entered.
 */
export function viewOfNode(places: Places, options: ViewOptions = {}): NodeView {
  const { now = Date.now(), memory } = options;
  const problems: Problem[] = [];
  const gathered = gather(places, (problem) => problems.push(problem), memory);
  const looks = { netns: new NetnsLooks("numbers"), takers: new PortTakers() };
  const attachments: Unjudged[] = [];
  const byAddress = new Map<string, Plain[]>();
  for (const draft of gathered.drafts) {
    const one = unjudged(draft, gathered, looks);
    attachments.push(one);
    if (one.earlierBoot || one.netnsState === "gone" || one.netnsState === "replaced") continue;
    for (const key of addressKeys(one)) addTo(byAddress, key, one);
  }
  const judged = { gathered, byAddress, now };
  for (const [at, one] of attachments.entries()) {
    one.findings = findingsOf(one, gathered.drafts[at] as Draft, judged);
    one.state = stateOf(one.findings);
  }
  const { configured, networks, links, reservations } = gathered;
  return { attachments: sorted(attachments), problems, configured, networks, links, reservations };
}

/** An attachment that is not compared with the others yet. */
type Unjudged = Plain & { state: AttachmentState; findings: readonly Finding[] };

function sorted(attachments: readonly NodeAttachment[]): NodeAttachment[] {
  const keyed = attachments.map((one) => {
    const { network, pod, containerId, ifName } = one;
    const podNames = `${pod?.namespace ?? ""}\0${pod?.name ?? ""}`;
    return { one, key: `${network}\0${podNames}\0${containerId}\0${ifName}` };
  });
  keyed.sort((first, second) => (first.key < second.key ? -1 : 1));
  return keyed.map(({ one }) => one);
}

/** What is found out once for all attachments. */
interface Looks {
  readonly netns: NetnsLooks;
  readonly takers: PortTakers;
}

function unjudged(draft: Draft, { links, networks }: Gathered, looks: Looks): Unjudged {
  const { network, containerId, ifName, file, note, journal, reservations } = draft;
  const cached = file?.attachment;
  const entry = journal?.[0];
  const promised = cached?.result && promisedBy(cached.result, ifName);
  const addresses =
    promised?.addresses ?? entry?.addresses ?? reservations.map(({ address }) => address);
  let identity: NetnsIdentity | undefined;
  // For lists: a note for each of a thousand attachments costs what half of all else does.
  const identityOf = (): NetnsIdentity | undefined => {
    identity ??= note?.()?.netns ?? entry?.netns;
    return identity;
  };
  const netns = cached?.netns || entry?.netns.path || "";
  const earlierBoot = cached?.earlierBoot ?? false;
  const since = sinceOf(draft);
  const attachedAt = file === undefined ? undefined : since;
  const netnsState = earlierBoot ? "gone" : looks.netns.stateOf(netns, attachedAt, identityOf);
  const args = cached?.args ?? (entry === undefined ? [] : argsOf(entry.env["CNI_ARGS"]));
  return {
    network,
    containerId,
    ifName,
    sources: [...draft.sources],
    state: "ok",
    findings: [],
    netns,
    netnsState,
    get identity(): NetnsIdentity | undefined {
      return earlierBoot ? undefined : identityOf();
    },
    finished: cached?.finished ?? (entry === undefined || entry.addresses !== undefined),
    earlierBoot,
    pod: podOf(args),
    addresses,
    mac: promised?.mac,
    hostLink: linkOf(draft, promised, links),
    ports: cached === undefined ? [] : portsTaken(cached, looks.takers),
    since,
    networkFile: networks.get(network)?.file,
    cacheDir: file?.cacheDir,
    cacheFile: file?.path,
    cached,
    reservations,
  };
}

function portsTaken(
  { capabilityArgs, config = "" }: CachedAttachment,
  takers: PortTakers,
): MappedPort[] {
  const ports = portsOf(capabilityArgs);
  return ports.length > 0 && takers.has(config) ? ports : [];
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
  if (link !== undefined || promised === undefined) return link;
  const listed = promised.hostInterfaces.filter((name) => name !== facts?.bridge);
  const found = listed.flatMap((name) => links?.byName.get(name) ?? []);
  const own = found.find(({ kind }) => kind !== "bridge");
  if (own !== undefined) return own;
  const missing = listed.find((name) => links?.byName.get(name)?.kind !== "bridge");
  return missing === undefined ? undefined : { name: missing };
}

function sinceOf({ file, reservations }: Draft): number | undefined {
  if (file !== undefined) {
    const noted = Date.parse(file.attachment?.createdAt ?? "");
    return Number.isNaN(noted) ? file.writtenAt : noted;
  }
  const [first] = reservations;
  return first === undefined ? undefined : reservedAt(first);
}
