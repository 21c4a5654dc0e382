import { Ip, Prefix } from "../../addr/index.ts";
import { addTo, defined } from "../../base/index.ts";
import {
  type FoundPort,
  mappedAddresses,
  type NotedPorts,
  type PortMapping,
  PROTOCOLS,
  type Target,
  targetsOf,
} from "../../plugins/portmap/index.ts";
import { type Attachment, attachmentKey } from "../../spec/index.ts";
import { portChain } from "../../state/iptables/index.ts";
import { ownerComment } from "../../state/owner/index.ts";
import type { MappedPort } from "../attachments/index.ts";

/** What knows of a mapping: a runtime's cache or the journal, a plugin's note, a layout of the kernel. */
export type PortSource = "attachment" | "record" | FoundPort["layout"];

/**
 * Whether connections arrive. Mapped: the kernel leads them to a container that is not gone for
 * certain. Waiting: another attachment has the port. Dead: they are led to a container that is gone.
 * Unknown: they are led to something that nothing here knows to be attached. Missing: it was noted, and
 * the kernel does not have it. Noted: the same, where the kernel could not be asked.
 */
export type PortState = "mapped" | "waiting" | "dead" | "unknown" | "missing" | "noted";

/** A port of the host that leads to a port of a container, or should. */
export interface HostPort {
  readonly target: Target;
  readonly state: PortState;
  /** Whose it is, as far as it is known; a layout may tell no more than the container. */
  readonly owner: Partial<Attachment>;
  /** The attachment that has the port while this one waits. */
  readonly holder?: Partial<Attachment>;
  readonly sources: readonly PortSource[];
}

/** An attachment that may have ports. */
export interface PortUser extends Attachment {
  /** In CIDR notation where the length is known. */
  readonly addresses: readonly string[];
  /** As a runtime asked for them. */
  readonly ports: readonly MappedPort[];
  readonly isGone: boolean;
}

/** What the sources have. */
export interface PortFacts {
  readonly users: readonly PortUser[];
  readonly noted: readonly NotedPorts[];
  /** Undefined where the kernel could not be asked. */
  readonly found: readonly FoundPort[] | undefined;
}

interface Draft {
  readonly target: Target;
  /** What of the host it takes. */
  readonly at: string;
  readonly owner: Partial<Attachment>;
  readonly user: PortUser | undefined;
  readonly sources: Set<PortSource>;
  waits: boolean;
}

/**
 * Joins what each source knows of mapped ports; sorted by port, protocol and address.
 * @param port the only one that is wanted: what leads elsewhere has no part in it
 */
export function portsOf({ users, noted, found }: PortFacts, port?: number): HostPort[] {
  const isWanted = ({ hostPort }: { readonly hostPort: number }): boolean =>
    port === undefined || hostPort === port;
  const owners = new Owners(users);
  const drafts = new Drafts();
  // First what the kernel has, in its order: of two that lead one port, the first does.
  for (const each of found ?? []) {
    if (!isWanted(each.target.mapping)) continue;
    drafts.add(each.target, owners.ofFound(each), each.layout);
  }
  for (const { owner, targets, waits } of noted) {
    for (const target of targets) {
      if (!isWanted(target.mapping)) continue;
      const draft = drafts.add(target, owners.of(owner), "record");
      draft.waits ||= waits;
    }
  }
  for (const user of users) {
    const ports = user.ports.filter(isWanted);
    for (const target of targetsOfUser({ ...user, ports })) {
      drafts.add(target, { owner: user, user }, "attachment");
    }
  }
  const all = drafts.all;
  const holders = new Map<string, Draft>();
  for (const draft of all) {
    if (isInKernel(draft) && !holders.has(draft.at)) holders.set(draft.at, draft);
  }
  return all
    .map((draft) => [draft, judged(draft, holderOf(draft, holders), found !== undefined)] as const)
    .toSorted(inOrder)
    .map(([, port]) => port);
}

function judged(draft: Draft, holder: Draft | undefined, isKernelKnown: boolean): HostPort {
  const { target, owner, user, sources } = draft;
  const state = stateOf(draft, holder, isKernelKnown);
  return {
    ...{ target, state, sources: [...sources] },
    owner: nameOf({ ...owner, ...defined({ ifName: owner.ifName ?? user?.ifName }) }),
    ...defined({ holder: state === "waiting" && holder ? nameOf(holder.owner) : undefined }),
  };
}

/** Without whatever else an attachment's object has. */
function nameOf({ network, containerId, ifName }: Partial<Attachment>): Partial<Attachment> {
  return defined({ network, containerId, ifName });
}

function stateOf(draft: Draft, holder: Draft | undefined, isKernelKnown: boolean): PortState {
  if (isInKernel(draft)) {
    if (draft.user?.isGone === true) return "dead";
    if (holder !== undefined) return "waiting";
    return draft.user === undefined && !draft.sources.has("record") ? "unknown" : "mapped";
  }
  if (draft.waits || holder !== undefined) return "waiting";
  if (draft.user?.isGone === true) return "dead";
  return isKernelKnown ? "missing" : "noted";
}

/** Another draft that has the place of this one, or all addresses of the host where this has one. */
function holderOf(draft: Draft, holders: ReadonlyMap<string, Draft>): Draft | undefined {
  const { target } = draft;
  const holder =
    holders.get(draft.at) ??
    (draft.waits ? holders.get(placeOf({ ...target, hostIp: undefined })) : undefined);
  return holder === draft ? undefined : holder;
}

function isInKernel({ sources }: Draft): boolean {
  return sources.has("own") || sources.has("iptables") || sources.has("nftables");
}

/** Mappings by what they lead where, and for which attachment. */
class Drafts {
  readonly #byKey = new Map<string, Draft>();

  get all(): Draft[] {
    return [...this.#byKey.values()];
  }

  add(target: Target, { owner, user }: Owner, source: PortSource): Draft {
    const { address, mapping } = target;
    const { network = "", containerId = "", ifName = "" } = user ?? owner;
    const name = attachmentKey({ network, containerId, ifName });
    const at = placeOf(target);
    const key = `${at} ${address} ${mapping.containerPort} ${name}`;
    const draft = this.#byKey.get(key) ?? {
      ...{ target, at, owner, user, waits: false },
      sources: new Set<PortSource>(),
    };
    draft.sources.add(source);
    this.#byKey.set(key, draft);
    return draft;
  }
}

interface Owner {
  readonly owner: Partial<Attachment>;
  readonly user: PortUser | undefined;
}

/** Finds attachments by what stands on their mappings. */
class Owners {
  readonly #byName = new Map<string, PortUser>();
  readonly #byMark = new Map<string, PortUser>();
  readonly #byContainer = new Map<string, PortUser[]>();
  readonly #users: readonly PortUser[];
  #byChain: Map<string, PortUser[]> | undefined;

  constructor(users: readonly PortUser[]) {
    this.#users = users;
    for (const user of users) {
      this.#byName.set(attachmentKey(user), user);
      this.#byMark.set(ownerComment(user), user);
      addTo(this.#byContainer, user.containerId, user);
    }
  }

  /** A digest for each, for a layout that our own plugins make only where it is asked for. */
  #ofChain(chain: string): readonly PortUser[] | undefined {
    if (this.#byChain === undefined) {
      this.#byChain = new Map();
      for (const user of this.#users) {
        addTo(this.#byChain, portChain(user.network, user.containerId), user);
      }
    }
    return this.#byChain.get(chain);
  }

  of(owner: Attachment): Owner {
    return { owner, user: this.#byName.get(attachmentKey(owner)) };
  }

  ofFound({ mark, chain, network, containerId, target }: FoundPort): Owner {
    if (mark !== undefined) {
      const user = this.#byMark.get(mark);
      return { owner: user ?? ownerOfMark(mark), user };
    }
    const candidates =
      chain === undefined
        ? this.#byContainer.get(containerId ?? "")
        : (this.#ofChain(chain) ?? this.#byContainer.get(containerId ?? ""));
    const inNetwork = (candidates ?? []).filter(
      (user) => (network ?? user.network) === user.network,
    );
    // These layouts do not name the interface: the address tells which it is.
    const user = inNetwork.find(({ addresses }) => hasAddress(addresses, target.address));
    return { owner: user ?? defined({ network, containerId }), user: user ?? inNetwork[0] };
  }
}

/** A mark of a short name holds all of it; of a long one the beginning tells the network. */
function ownerOfMark(mark: string): Partial<Attachment> {
  const [network, containerId, ifName, ...rest] = mark.split(" ");
  if (rest.length > 0 || ifName === undefined) return {};
  const isWhole = containerId?.startsWith("#") === false && network?.startsWith("#") === false;
  return defined({ network, containerId: isWhole ? containerId : undefined, ifName });
}

function targetsOfUser({ addresses, ports }: PortUser): Target[] {
  if (ports.length === 0) return [];
  const mappings = ports.flatMap(mappingOf);
  const known = addresses.flatMap((text) => prefixOf(text) ?? []);
  return targetsOf(
    mappings,
    mappedAddresses(known).map(({ ip }) => ip),
  );
}

function mappingOf({ hostPort, containerPort, protocol: name, hostIP }: MappedPort): PortMapping[] {
  const protocol = PROTOCOLS.find((each) => each === name);
  const hostIp = hostIP === undefined ? undefined : Ip.tryParse(hostIP);
  return protocol === undefined ? [] : [{ hostPort, containerPort, protocol, hostIp }];
}

function prefixOf(text: string): Prefix | undefined {
  if (text.includes("/")) return Prefix.tryParse(text);
  const ip = Ip.tryParse(text);
  return ip && Prefix.ofHost(ip);
}

function hasAddress(addresses: readonly string[], ip: Ip): boolean {
  return addresses.some((text) => prefixOf(text)?.ip.equals(ip));
}

/** What of the host a mapping takes. */
function placeOf({ mapping, address, hostIp }: Target): string {
  return `${mapping.protocol} ${mapping.hostPort} ${address.family} ${hostIp ?? "any"}`;
}

type Judged = readonly [Draft, HostPort];

function inOrder([one, a]: Judged, [other, b]: Judged): number {
  const byPort = a.target.mapping.hostPort - b.target.mapping.hostPort;
  if (byPort !== 0) return byPort;
  if (one.at !== other.at) return one.at < other.at ? -1 : 1;
  return Number(a.state === "waiting") - Number(b.state === "waiting");
}
