import { errorText } from "../../base/index.ts";
import { Bus, systemBusAddress } from "../../dbus/index.ts";
import {
  Nftables,
  RulesetWatch,
  ruleComment,
  ruleTarget,
  type Transaction,
} from "../../kernel/nftables/index.ts";
import { isOwnTable, SHARED_TABLES } from "../../state/iptables/index.ts";
import type { SyncTrigger } from "./syncer.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Rules of Hawser there, by their comments, and the chains of containers. */
const OWN_COMMENT = /^hawser /u;
const OWN_CHAIN = /^CNI-/u;
/** Between a change of the tables of iptables and the count, which may be long; in milliseconds. */
const COUNT_PAUSE_MS = 200;

const FIREWALLD = "org.fedoraproject.FirewallD1";
const MATCHES = [
  `type='signal',interface='${FIREWALLD}',member='Reloaded'`,
  `type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${FIREWALLD}'`,
];
/** Pause between two tries to reach the bus, in milliseconds. */
const BUS_PAUSE_MS = 30_000;

/** Hears of what other programs take away: of nftables from the kernel, and of firewalld from its bus. */
export class Triggers implements Disposable {
  readonly #changed: (trigger: SyncTrigger) => void;
  readonly #env: Env;
  readonly #watch: RulesetWatch | undefined;
  #bus: Bus | undefined;
  #busTimer: NodeJS.Timeout | undefined;
  #countTimer: NodeJS.Timeout | undefined;
  #count: number | undefined;
  #isOver = false;

  /** @param failed Called where the kernel does not tell: looks at intervals remain. */
  constructor(env: Env, changed: (trigger: SyncTrigger) => void, failed: (reason: string) => void) {
    this.#env = env;
    this.#changed = changed;
    this.#watch = this.#watchRuleset(failed);
    this.#count = this.#countOwn();
    void this.#hearFirewalld();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#busTimer);
    clearTimeout(this.#countTimer);
    this.#watch?.[Symbol.dispose]();
    this.#bus?.[Symbol.dispose]();
  }

  #watchRuleset(failed: (reason: string) => void): RulesetWatch | undefined {
    try {
      return new RulesetWatch("removals", (removal) => this.#removed(removal));
    } catch (error) {
      failed(errorText(error));
      return undefined;
    }
  }

  /**
   * What this process has removed itself is no trigger: so no repair is the cause of the next. In a
   * process namespace of its own it has another number; then a look that finds all as it should be
   * follows each DEL.
   */
  #removed({ tables, pid }: Transaction): void {
    const isOwn = pid === process.pid;
    if (tables === undefined || (!isOwn && [...tables].some(isOwnTable))) this.#changed("ruleset");
    if (tables === undefined || !SHARED_TABLES.some((table) => tables.has(table))) return;
    // kube-proxy and others rewrite these tables all the time: what counts is whether ours are fewer.
    this.#countTimer ??= setTimeout(() => {
      this.#countTimer = undefined;
      const before = this.#count;
      this.#count = this.#countOwn();
      const isLess = before !== undefined && this.#count !== undefined && this.#count < before;
      if (isLess) this.#changed("ruleset");
    }, COUNT_PAUSE_MS);
  }

  /** Undefined where the kernel does not tell. */
  #countOwn(): number | undefined {
    try {
      using nft = Nftables.open();
      let count = 0;
      for (const family of ["ip", "ip6"] as const) {
        for (const table of SHARED_TABLES) {
          if (nft.getTable(family, table) === undefined) continue;
          for (const rule of nft.listRules(family, table)) {
            const isOwn = OWN_COMMENT.test(ruleComment(rule) ?? "");
            if (isOwn || OWN_CHAIN.test(ruleTarget(rule) ?? "")) count++;
          }
        }
      }
      return count;
    } catch {
      return undefined;
    }
  }

  async #hearFirewalld(): Promise<void> {
    try {
      const bus = await Bus.connect(systemBusAddress(this.#env), {
        onSignal: ({ interface: place, member }) => {
          if (place === FIREWALLD || member === "NameOwnerChanged") this.#changed("firewalld");
        },
        onEnd: () => this.#hearLater(),
      });
      if (this.#isOver) return bus[Symbol.dispose]();
      this.#bus = bus;
      for (const match of MATCHES) await bus.listen(match);
    } catch {
      this.#hearLater(); // most hosts have no firewalld, and some have no bus
    }
  }

  #hearLater(): void {
    if (this.#isOver) return;
    this.#bus = undefined;
    clearTimeout(this.#busTimer);
    this.#busTimer = setTimeout(() => void this.#hearFirewalld(), BUS_PAUSE_MS);
  }
}
