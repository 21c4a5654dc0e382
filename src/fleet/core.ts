/** What the parts of a member share: its ports, the session that it has won, and what it knows of blocks. */
import type { Prefix } from "../addr/index.ts";
import {
  type Change,
  type Condition,
  type Entry,
  type Keys,
  type LeaseId,
  type Outcome,
  type Revision,
  type Snapshot,
  type Store,
  StoreError,
} from "../store/index.ts";
import { FleetKeys } from "./keys.ts";
import type { FleetConfig, MemberEvent, MemberOptions, NodeFacts } from "./member-port.ts";
import type { Owner, Share } from "./parts.ts";
import type { Chance, Clock, NodeFiles } from "./ports.ts";
import type { AliveRecord, FleetRecord, NodeRecord } from "./records.ts";
import { type Space, spacesOf } from "./space.ts";

/** The node's id, won by this process: it stands in the store as these revisions say. */
export interface Session {
  readonly owner: Owner;
  readonly session: string;
  readonly lease: LeaseId;
  readonly record: NodeRecord;
  readonly nodeRevision: Revision;
  readonly aliveRevision: Revision;
  readonly fleet: FleetRecord;
  readonly fleetRevision: Revision;
  /** The store's own identity. */
  readonly cluster: string;
  /** Of the halt; undefined while there is none. */
  readonly haltRevision: Revision | undefined;
  /** What it says, as the end of a sentence. */
  readonly haltReason: string | undefined;
}

/** A block's record as it was last seen. */
export interface KnownBlock {
  readonly block: Prefix;
  readonly space: Space;
  /** Undefined where there is no such key. */
  readonly revision: Revision | undefined;
  /** Undefined for a value that is no record of ours. */
  readonly shares: readonly Share[] | undefined;
}

/** The session is not what it was: the member looks what has become of it. */
export class SessionOver extends Error {
  override name = "SessionOver";
}

/** The member may not go on, and why: a sentence for people. */
export class Refused extends Error {
  override name = "Refused";
  /** The store says that the id is another's: ADD does not wait for the hold to end. */
  readonly endsHold: boolean;
  /** The node's configuration is not the fleet's: no waiting helps. */
  readonly isOfConfiguration: boolean;
  /** So long nothing is wrong, in milliseconds: it passes by itself as a rule. */
  readonly passesInMs: number;

  constructor(
    message: string,
    {
      endsHold = false,
      isOfConfiguration = false,
      passesInMs = 0,
    }: {
      readonly endsHold?: boolean;
      readonly isOfConfiguration?: boolean;
      readonly passesInMs?: number;
    } = {},
  ) {
    super(message);
    this.endsHold = endsHold;
    this.isOfConfiguration = isOfConfiguration;
    this.passesInMs = passesInMs;
  }
}

/** The store is behind what this node has seen of it, or is another one. */
export class WentBack extends Error {
  override name = "WentBack";
}

/** So many texts are remembered, so that nothing is reported again and again. */
const REMEMBERED = 256;

export class Core {
  readonly config: FleetConfig;
  readonly node: string;
  readonly facts: NodeFacts;
  readonly store: Store;
  readonly files: NodeFiles;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly keys: FleetKeys;
  readonly spaces: readonly Space[];
  /** Of this process: tells its own hold of the session from another process's. */
  readonly member: string;
  session: Session | undefined;
  /** This process has had the session. */
  hasEntered = false;
  /** How often this process has said in the store that it lives, what may yet be carried out included. */
  words = 0;
  /** Another process or machine has gone on with this epoch of the id: it is a copy, or this one is. */
  copiedEpoch = 0;
  /** The blocks of which this node has a part, by their keys. */
  readonly blocks: Map<string, KnownBlock> = new Map();
  /** The revision of the lease's key when the store last confirmed what the node holds. */
  confirmedAlive: Revision | undefined;
  /** The halt for which this process has read all blocks. */
  assertedFor: Revision | undefined;
  /** The end of the present call. */
  signal: AbortSignal | undefined;
  #highest: Revision = 0n;
  /** Undefined until the store is asked how far it is. */
  #floor: Revision | undefined;
  readonly #report: (event: MemberEvent) => void;
  readonly #reported: Set<string> = new Set();

  constructor(options: MemberOptions) {
    this.config = options.config;
    this.node = options.node;
    this.facts = options.facts;
    this.store = options.store;
    this.files = options.files;
    this.clock = options.clock;
    this.chance = options.chance;
    this.keys = new FleetKeys(options.config.network);
    this.spaces = spacesOf(options.config);
    this.#report = options.report;
    this.member = this.token();
  }

  /** 16 hexadecimal digits of chance. */
  token(): string {
    const half = (): string =>
      Math.floor(this.chance() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    return half() + half();
  }

  /** How sentences name the node. */
  get title(): string {
    return `node ${this.node} of the network ${this.config.network}`;
  }

  established(session: Session): void {
    this.session = session;
    this.hasEntered = true;
    this.blocks.clear();
    this.assertedFor = undefined;
  }

  /** @throws SessionOver where there is none */
  get won(): Session {
    if (this.session === undefined) throw new SessionOver("the session is not established");
    return this.session;
  }

  /** The highest revision that the store has answered with. */
  get highest(): Revision {
    return this.#highest;
  }

  /** Before a session: the store may be behind what was seen of it, and must not go back from here on. */
  startAt(revision: Revision | undefined): void {
    this.#floor = revision;
  }

  /** What was seen before is of no more use: a halt says so, or an administrator. */
  startAnew(): void {
    this.#highest = this.#floor ?? 0n;
  }

  /** @throws WentBack when the store is behind what it has answered before */
  seen(revision: Revision): void {
    if (this.#floor !== undefined && revision < this.#floor) {
      throw new WentBack(`the store was at revision ${this.#floor}, and answers ${revision}`);
    }
    this.#floor = revision;
    if (this.session === undefined) {
      if (revision > this.#highest) this.#highest = revision;
      return;
    }
    if (revision < this.#highest) {
      throw new WentBack(
        `the store is at revision ${revision}, and node ${this.node} has seen ${this.#highest}`,
      );
    }
    this.#highest = revision;
  }

  async read(keys: Keys): Promise<Snapshot> {
    const snapshot = await this.store.read(keys, this.#options);
    this.seen(snapshot.revision);
    return snapshot;
  }

  async readKey(key: string): Promise<Entry | undefined> {
    const { entries } = await this.read({ key });
    return entries.find((entry) => entry.key === key);
  }

  /** A transaction without the session's conditions. */
  async transactFreely(
    conditions: readonly Condition[],
    changes: readonly Change[],
  ): Promise<Outcome> {
    try {
      const outcome = await this.store.transact(conditions, changes, this.#options);
      if (this.#floor !== undefined) this.seen(outcome.revision);
      return outcome;
    } catch (error) {
      // It may yet be carried out. Its conditions name the session's revision: a session that is asserted
      // anew gets another one, and what has not been carried out by then never will be.
      if (error instanceof StoreError && error.isUncertain) this.session = undefined;
      throw error;
    }
  }

  /**
   * A transaction of this session, while there is no halt.
   * @throws SessionOver where something else than the given conditions did not hold
   */
  async transact(conditions: readonly Condition[], changes: readonly Change[]): Promise<Outcome> {
    if (this.won.haltRevision !== undefined) throw new SessionOver("the fleet is halted");
    const guards = this.guards();
    const outcome = await this.transactFreely([...guards, ...conditions], changes);
    if (!outcome.done && guards.some((guard) => !holds(guard, outcome.found))) {
      this.session = undefined;
      throw new SessionOver("another process or a halt has ended the session");
    }
    return outcome;
  }

  /** What has to be so for this node to change the owners of addresses. */
  guards(): Condition[] {
    const { nodeRevision, aliveRevision, fleetRevision, haltRevision } = this.won;
    const { keys, node } = this;
    return [
      { key: keys.node(node), revision: nodeRevision },
      { key: keys.alive(node), revision: aliveRevision },
      { key: keys.fleet, revision: fleetRevision },
      asSeen(keys.halt, { revision: haltRevision }),
    ];
  }

  /** Says that this process has the session. @throws SessionOver where the conditions do not hold */
  async say(
    { owner, session, lease }: Pick<Session, "owner" | "session" | "lease">,
    conditions: readonly Condition[],
    changes: readonly Change[] = [],
  ): Promise<Revision> {
    const before = this.words++;
    const alive: AliveRecord = {
      ...{ epoch: owner.epoch, session, member: this.member, word: this.words },
    };
    const said = { put: this.keys.alive(this.node), value: JSON.stringify(alive), lease };
    const { done, revision } = await this.transactFreely(conditions, [...changes, said]);
    if (done) return revision;
    this.words = before;
    this.session = undefined;
    throw new SessionOver(`another process was quicker to be ${this.title}`);
  }

  async grant(): Promise<LeaseId> {
    return await this.store.grant(this.config.leaseSeconds, this.#options);
  }

  async renew(lease: LeaseId): Promise<boolean> {
    return await this.store.renew(lease, this.#options);
  }

  async identify(): ReturnType<Store["identify"]> {
    return await this.store.identify(this.#options);
  }

  /** Reports something that happened. */
  report(kind: string, text: string, isTrouble = false): void {
    this.#report({ kind, text, isTrouble });
  }

  /** Reports something that stays so, once. */
  reportOnce(kind: string, text: string, isTrouble = true): void {
    const known = `${kind} ${text}`;
    if (this.#reported.has(known)) return;
    if (this.#reported.size >= REMEMBERED) this.#reported.clear();
    this.#reported.add(known);
    this.report(kind, text, isTrouble);
  }

  get #options(): { signal?: AbortSignal } {
    return this.signal === undefined ? {} : { signal: this.signal };
  }
}

/** The condition that a key is as it was seen: absent where there was no revision of it. */
export function asSeen(
  key: string,
  seen: { readonly revision: Revision | undefined } | undefined,
): Condition {
  const { revision } = seen ?? {};
  return revision === undefined ? { key, is: "absent" } : { key, revision };
}

/** Whether a condition holds for keys as they stood. */
export function holds(condition: Condition, found: readonly Entry[]): boolean {
  const entry = found.find(({ key }) => key === condition.key);
  if ("revision" in condition) return entry?.revision === condition.revision;
  return (entry !== undefined) === (condition.is === "present");
}
