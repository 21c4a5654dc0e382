import { FakeLink } from "./link.ts";
import { neighbourIndex } from "./neighbours.ts";
import { Ruleset } from "./nftables.ts";

/** An address of a link, as its message has it. */
export interface FakeAddress {
  readonly family: number;
  readonly index: number;
  readonly prefixLength: number;
  readonly scope: number;
  readonly flags: number;
  readonly local: Uint8Array;
  readonly attributes: ReadonlyMap<number, Uint8Array>;
}

/** A route, a rule or a neighbour: the fixed header, and the attributes by their number. */
export interface FakeEntry {
  readonly header: Uint8Array;
  readonly attributes: ReadonlyMap<number, Uint8Array>;
}

/** A network namespace in memory. */
export class FakeNetns {
  readonly path: string;
  readonly cookie: bigint;
  readonly ino: bigint;
  readonly links = new Map<number, FakeLink>();
  addresses: FakeAddress[] = [];
  routes: FakeEntry[] = [];
  rules: FakeEntry[] = [];
  neighbours: FakeEntry[] = [];
  ruleset: Ruleset = new Ruleset();
  readonly sysctls = new Map<string, string>();
  readonly #netnsIds = new Map<FakeNetns, number>();
  #lastIndex = 0;

  constructor(path: string, number: number) {
    this.path = path;
    this.cookie = BigInt(number);
    this.ino = 4026532000n + BigInt(number);
    this.add(new FakeLink("lo", undefined));
  }

  /** Gives the link an index here, and puts it among the others. */
  add(link: FakeLink, index: number = 0): void {
    link.index = index > 0 && !this.links.has(index) ? index : this.#freeIndex();
    link.netns = this;
    this.links.set(link.index, link);
  }

  /** What goes with a link that leaves: its addresses, neighbours and sysctls, and the routes by it. */
  remove(link: FakeLink): void {
    this.links.delete(link.index);
    for (const path of this.sysctls.keys()) {
      if (isOfLink(path) && path.split("/")[6] === link.name) this.sysctls.delete(path);
    }
    this.addresses = this.addresses.filter(({ index }) => index !== link.index);
    this.neighbours = this.neighbours.filter((each) => neighbourIndex(each) !== link.index);
    this.routes = this.routes.filter(({ attributes }) => !leadsBy(attributes, link.index));
  }

  byName(name: string): FakeLink | undefined {
    return [...this.links.values()].find((link) => link.name === name || link.altNames.has(name));
  }

  /** The id by which this namespace calls another one to which a link leads. */
  netnsId(other: FakeNetns): number {
    const known = this.#netnsIds.get(other);
    if (known !== undefined) return known;
    const id = this.#netnsIds.size;
    this.#netnsIds.set(other, id);
    return id;
  }

  knownNetnsId(other: FakeNetns): number {
    return this.#netnsIds.get(other) ?? -1;
  }

  /** Its end: the links go, and the other ends of their pairs. */
  end(): void {
    for (const link of [...this.links.values()]) {
      this.remove(link);
      if (link.kind === "veth" && link.peer !== undefined) link.peer.netns?.remove(link.peer);
    }
  }

  /** A sysctl by its path; undefined for one of a link that is not there. */
  sysctl(path: string): string | undefined {
    const [, , , , , , name] = path.split("/");
    const isShared = name === "all" || name === "default";
    if (isOfLink(path) && !isShared && this.byName(name ?? "") === undefined) return undefined;
    return this.sysctls.get(path) ?? "0";
  }

  #freeIndex(): number {
    do this.#lastIndex++;
    while (this.links.has(this.#lastIndex));
    return this.#lastIndex;
  }
}

function isOfLink(path: string): boolean {
  return /^\/proc\/sys\/net\/ipv[46]\/(?:conf|neigh)\//u.test(path);
}

const RTA_OIF = 4;

function leadsBy(attributes: ReadonlyMap<number, Uint8Array>, index: number): boolean {
  const oif = attributes.get(RTA_OIF);
  return oif !== undefined && new DataView(oif.buffer, oif.byteOffset).getUint32(0, true) === index;
}
