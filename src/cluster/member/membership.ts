import { errorText } from "../../base/index.ts";
import type { Member, MemberEvent, NodeFacts } from "../../fleet/index.ts";
import { CniError } from "../../spec/index.ts";
import { DirectoryWatch } from "../../state/watch/index.ts";
import type { Store } from "../../store/index.ts";
import {
  type ClusterConfig,
  type ClusterPaths,
  pathsOf,
  reservationsPath,
} from "../config/index.ts";
import { BootClock, noteFacts } from "../node/index.ts";
import { readWants } from "../waiting/index.ts";
import { MemberLock } from "./lock.ts";
import { type MakeOptions, makeMember, type NamedMember } from "./make.ts";

/** Pauses between two tries: for the lock, and after a failure. */
const LOCK_MS = 200;
const RETRY_MS = 2000;
/** So long changes are gathered: needs are in a hurry, counts are not. */
const NEEDS_SETTLE_MS = 5;
const COUNT_SETTLE_MS = 300;

export interface MembershipOptions {
  readonly cluster: ClusterConfig;
  /** What the node of this id publishes of itself. */
  readonly facts: (node: string) => NodeFacts;
  readonly store: Store;
  readonly report: (event: MemberEvent) => void;
  /** How the member is made; of the fleet's rules when absent. */
  readonly make?: (options: MakeOptions) => Promise<NamedMember>;
}

/** The node daemon's membership in one network: the lock, the member, and what wakes it. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #paths: ClusterPaths;
  readonly #clock = new BootClock();
  #trouble: string | undefined = "the member of this network has not begun";
  #named: NamedMember | undefined;
  #waiting = 0;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#paths = pathsOf(options.cluster.place);
  }

  /** Why no ADD can be served, for people; undefined while it can. */
  get trouble(): string | undefined {
    return this.#trouble ?? this.#named?.member.trouble;
  }

  /** The node's id, once it is known. */
  get node(): string | undefined {
    return this.#named?.node;
  }

  /** ADDs' needs that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** What was heard of the fleet is not what this node goes by: its member asks the store at once. */
  doubt(): void {
    this.#named?.member.doubt();
  }

  /** Is the network's member until the signal. Never rejects: what fails is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (await this.#begin(signal)) continue;
        this.#trouble = "another process is the network's member on this node";
        await this.#clock.sleep(LOCK_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#fail(error);
        await this.#clock.sleep(RETRY_MS, signal);
      }
    }
  }

  /** False while another process has the lock. */
  async #begin(signal: AbortSignal): Promise<boolean> {
    using lock = MemberLock.take(this.#paths);
    if (lock === undefined) return false;
    const { cluster, facts, store, report, make = makeMember } = this.#options;
    const noted = (node: string): NodeFacts => {
      const own = facts(node);
      noteFacts(this.#paths, own);
      return own;
    };
    const lost = new AbortController();
    const end = AbortSignal.any([signal, lost.signal]);
    try {
      this.#named = await make({ cluster, facts: noted, store, report, signal: end });
      this.#trouble = undefined;
      using _watches = this.#watch(this.#named.member, () => {
        // Another process may be the member by now.
        if (!lock.isInPlace()) lost.abort(new Error(`${this.#paths.memberLock} is another file`));
      });
      await this.#named.member.run(end);
    } finally {
      this.#named = undefined;
    }
    return true;
  }

  #watch(member: Member, look: () => void): Disposable {
    const stack = new DisposableStack();
    const needed = (): void => {
      look();
      const needs = readWants(this.#paths, this.#clock);
      if (needs.length > 0 || this.#waiting > 0) member.need(needs);
      this.#waiting = needs.length;
    };
    stack.use(
      new DirectoryWatch(this.#paths.wants, { settleMs: NEEDS_SETTLE_MS, changed: needed }),
    );
    stack.use(
      new DirectoryWatch(reservationsPath(this.#options.cluster.place), {
        settleMs: COUNT_SETTLE_MS,
        changed: () => member.changed(),
      }),
    );
    needed(); // what waited before the watch
    return stack;
  }

  #fail(error: unknown): void {
    const { msg = errorText(error), details } = error instanceof CniError ? error : {};
    const text = details === undefined || details === "" ? msg : `${msg} (${details})`;
    if (text === this.#trouble) return;
    this.#trouble = text;
    this.#options.report({ kind: "member-failed", text, isTrouble: true });
  }
}
