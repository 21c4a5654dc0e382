/** What a fleet of real daemons has answered, and each breach of what it promises. */

/** A container, from the first moment of its ADD. */
export interface Container {
  readonly node: string;
  readonly name: string;
  readonly begunAt: number;
  /** Once its ADD has been acknowledged. */
  address?: string;
  /** When its DEL began, its machine ended, or its ADD turned out to be of no avail. */
  endedAt?: number;
}

/** A time in which a node could not tell the store that it lives. */
interface Absence {
  readonly from: number;
  to?: number;
}

/** A file of a node's reservations. */
export interface ReservationFile {
  readonly address: string;
  readonly container: string;
}

/** An address that a second node gave, since the first had been away for its quarantine. */
export interface Excused {
  readonly address: string;
  readonly lost: Container;
  readonly other: Container;
}

/**
 * The judge. Times are those of one clock that all nodes share.
 *
 * Two containers of two nodes may live with one address only by the rule of the quarantine: the node of one of
 * them was away for all of it, and that container's ADD began before it was over. That container is the lost one:
 * its node has to name it when it is back. An ADD that begins later is never excused, as its node has to know.
 */
export class History {
  readonly breaches: string[] = [];
  readonly excused: Excused[] = [];
  readonly quarantineMs: number;
  acknowledged = 0;
  readonly #containers = new Map<string, Container>();
  readonly #absences = new Map<string, Absence[]>();

  constructor(quarantineMs: number) {
    this.quarantineMs = quarantineMs;
  }

  /** Containers whose ADD was acknowledged and whose DEL has not begun. */
  living(node?: string): Container[] {
    return [...this.#containers.values()].filter((one) => {
      const isHere = node === undefined || one.node === node;
      return isHere && one.address !== undefined && one.endedAt === undefined;
    });
  }

  begins(node: string, name: string, at: number): Container {
    const container: Container = { node, name, begunAt: at };
    this.#containers.set(`${node} ${name}`, container);
    return container;
  }

  /** An ADD was answered with an address. */
  given(container: Container, address: string, at: number): void {
    this.acknowledged++;
    for (const other of this.living()) {
      if (other.address === address) this.#judgePair(other, container, { address, at });
    }
    container.address = address;
  }

  ends(container: Container, at: number): void {
    container.endedAt ??= at;
    this.#containers.delete(`${container.node} ${container.name}`);
  }

  goesAway(node: string, at: number): void {
    const absences = this.#absences.get(node) ?? [];
    this.#absences.set(node, absences);
    if (absences.at(-1)?.to === undefined && absences.length > 0) return;
    absences.push({ from: at });
  }

  comesBack(node: string, at: number): void {
    const last = this.#absences.get(node)?.at(-1);
    if (last !== undefined) last.to ??= at;
  }

  /** The store confirmed to a node that was thought to be away that it lives: it begins to be away anew. */
  confirmed(node: string, at: number): void {
    const last = this.#absences.get(node)?.at(-1);
    if (last === undefined || last.to !== undefined || at <= last.from) return;
    last.to = at;
    this.goesAway(node, at);
  }

  /** Whether the protocol allows that a container's address was given to another node by now. */
  mayBeLost({ node, begunAt }: Container, at: number): boolean {
    return (this.#absences.get(node) ?? []).some(({ from, to = at }) => {
      const isLong = Math.min(to, at) - from >= this.quarantineMs;
      return isLong && begunAt < Math.min(to, from + this.quarantineMs);
    });
  }

  /** CHECK of a living container named its address as another node's, or did not. */
  checked(container: Container, isNamed: boolean, at: number): void {
    if (isNamed && !this.mayBeLost(container, at)) {
      this.breaches.push(`lost: ${said(container)}, and its node was never away for so long`);
    }
    const others = this.living().filter((one) => one.address === container.address);
    if (!isNamed && this.#named(others, container)) {
      this.breaches.push(`doubled: neither ${others.map(said).join(" nor ")} is named by CHECK`);
    }
  }

  /** The reservations of a node while no operation runs on it: each living container has its own. */
  hasFiles(node: string, files: readonly ReservationFile[]): void {
    for (const one of this.living(node)) {
      const file = files.find(({ address }) => address === one.address);
      if (file === undefined) this.breaches.push(`lost: no file of ${said(one)}`);
      else if (file.container !== one.name) {
        this.breaches.push(`lost: ${said(one)} has the file of ${file.container}`);
      }
    }
  }

  /** The same after GC: and nothing else has one. */
  hasOnly(node: string, files: readonly ReservationFile[]): void {
    this.hasFiles(node, files);
    const names = new Set(this.living(node).map(({ name }) => name));
    for (const { address, container } of files) {
      if (!names.has(container)) {
        this.breaches.push(`leaked: ${address} of ${node} is kept for ${container}`);
      }
    }
  }

  /** What of all addresses containers have, when they were given all that there are. */
  hasAll(addresses: Iterable<string>): void {
    const given = new Set(this.living().map(({ address }) => address));
    for (const address of addresses) {
      if (!given.has(address)) this.breaches.push(`leaked: ${address} can be had by no container`);
    }
  }

  /** The address of a node in the subnet, which containers have as their gateway. */
  isGateway(node: string, address: string, at: number): void {
    for (const one of this.living()) {
      if (one.address === address && !this.mayBeLost(one, at)) {
        this.breaches.push(`doubled: ${said(one)}, which is the gateway of ${node}`);
      }
    }
  }

  readonly #passed = new Set<Container>();

  /** Whether another one of these has passed its CHECK. */
  #named(others: readonly Container[], container: Container): boolean {
    this.#passed.add(container);
    return others.some((one) => one !== container && this.#passed.has(one));
  }

  #judgePair(
    first: Container,
    second: Container,
    { address, at }: { readonly address: string; readonly at: number },
  ): void {
    const what = `${address} is given to ${second.name} of ${second.node}, and ${said(first)} lives`;
    if (first.node === second.node) {
      this.breaches.push(`lost: ${what}`);
    } else if (this.mayBeLost(first, at)) {
      this.excused.push({ address, lost: first, other: second });
    } else if (this.mayBeLost(second, at)) {
      this.excused.push({ address, lost: second, other: first });
    } else {
      this.breaches.push(`doubled: ${what}`);
    }
  }
}

function said({ node, name, address }: Container): string {
  return `${name} of ${node} with ${address}`;
}
