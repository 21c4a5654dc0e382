import {
  type Batch,
  compose,
  familyGuard,
  markMatch,
  type Nftables,
  type Rule,
  setMark,
  verdict,
} from "../../kernel/nftables/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { differs } from "../differs.ts";
import { nftFamily } from "../iptables/index.ts";
import { endRule, isEndRule, MARK, type RuleForm } from "./end-rule.ts";
import { heardChain, layUnmark, type NatHook, type OwnTable, unmarkChain } from "./lay.ts";

type Version = 4 | 6;

/** The table and chains of iptables that translate. */
const NAT = "nat";
const CHAINS = { prerouting: "PREROUTING", output: "OUTPUT", postrouting: "POSTROUTING" } as const;

/** Tables of ours that may hear iptables at a hook. */
const HEARING = {
  prerouting: ["hawser_ports"],
  output: ["hawser_ports"],
  postrouting: ["hawser_masquerade", "hawser_ports"],
} as const;

/** Where something is wrong between iptables' chain of a hook and ours. */
interface Fault {
  readonly hook: NatHook;
  readonly version: Version;
}

interface Seen {
  /** Of iptables' chain; undefined when there is none. */
  readonly rules: readonly Rule[] | undefined;
  /** Whether ours leaves alone what comes without the mark. */
  readonly isHeard: boolean;
}

/**
 * Lets nat chains of ours hear iptables. An ACCEPT there ends iptables' chain alone, and the kernel
 * goes on to ours, where nothing tells it from a packet that no rule has met. So the last rule of
 * iptables' chain sets a bit of the mark, and ours leave alone what comes without it. The bit is
 * there between the two chains only.
 */
export class HostNat {
  readonly #nft: Nftables;
  readonly #place: OwnTable;
  readonly #hooks: readonly NatHook[];

  constructor(nft: Nftables, place: OwnTable, hooks: readonly NatHook[]) {
    this.#nft = nft;
    this.#place = place;
    this.#hooks = hooks;
  }

  /** Makes or moves the rule where iptables has a chain, and forgets it where there is none any more. */
  keep(versions: readonly Version[]): void {
    const faults = this.#faults(versions, faultForAdd);
    if (faults.length === 0) return;
    try {
      this.#mend(faults, { native: false });
    } catch (error) {
      if (!isKernelError(error, Errno.ENOENT, Errno.EOPNOTSUPP)) throw error;
      this.#mend(faults, { native: true });
    }
  }

  /** For GC: the same, unless our table is gone. */
  mend(): void {
    const { family, table } = this.#place;
    if (this.#nft.getTable(family, table) !== undefined) this.keep([4, 6]);
  }

  /** @throws a CHECK's error when connections wait for a rule of iptables that is gone */
  check(versions: readonly Version[], what: string): void {
    const [fault] = this.#faults(versions, faultForCheck);
    if (fault === undefined) return;
    const { hook, version } = fault;
    throw differs(
      `${what}: chain ${CHAINS[hook]} of table ${nftFamily(version)} ${NAT} lacks the rule by which it is heard`,
      "another program has flushed or restored it; the next ADD makes it again",
    );
  }

  #faults(versions: readonly Version[], isFault: (seen: Seen) => boolean): Fault[] {
    const present = versions.filter(
      (version) => this.#nft.getTable(nftFamily(version), NAT) !== undefined,
    );
    return this.#hooks.flatMap((hook) => {
      const heard = this.#heardRules(hook);
      return versions.flatMap((version) => {
        const rules = present.includes(version) ? this.#hostRules(hook, version) : undefined;
        const isHeard = heard.some((rule) => isOf(rule, version));
        return isFault({ rules, isHeard }) ? { hook, version } : [];
      });
    });
  }

  #mend(faults: readonly Fault[], form: RuleForm): void {
    this.#nft.commitPlanned((batch) => {
      for (const { hook, version } of faults) {
        const rules = this.#hostRules(hook, version);
        const own = this.#heardRules(hook).filter((rule) => isOf(rule, version));
        if (rules === undefined) for (const rule of own) batch.delRule(rule);
        else {
          this.#endWith(batch, { hook, version, rules }, form);
          if (own.length === 0) this.#hear(batch, hook, version);
        }
      }
    });
  }

  #endWith(
    batch: Batch,
    { hook, version, rules }: Fault & { readonly rules: readonly Rule[] },
    form: RuleForm,
  ): void {
    if (isEndRule(rules.at(-1))) return;
    for (const rule of rules) if (isEndRule(rule)) batch.delRule(rule);
    const place = { family: nftFamily(version), table: NAT, chain: CHAINS[hook] } as const;
    batch.addRule({ ...place, ...endRule(form) });
  }

  #hear(batch: Batch, hook: NatHook, version: Version): void {
    const { family, table } = this.#place;
    batch.addRule({
      ...this.#place,
      chain: heardChain(hook),
      comment: commentOf(version),
      expressions: compose(familyGuard(family, version), markMatch(0, MARK), verdict("accept")),
    });
    if (this.#nft.getChain(family, table, unmarkChain(hook)) !== undefined) return;
    layUnmark(batch, this.#place, hook, compose(markMatch(MARK, MARK), setMark(0, MARK)));
  }

  #heardRules(hook: NatHook): Rule[] {
    return this.#nft.listRules(this.#place.family, this.#place.table, heardChain(hook));
  }

  /** The rules of iptables' chain; undefined when there is none. */
  #hostRules(hook: NatHook, version: Version): Rule[] | undefined {
    const family = nftFamily(version);
    const rules = this.#nft.listRules(family, NAT, CHAINS[hook]);
    if (isEndRule(rules.at(-1))) return rules;
    return this.#nft.getChain(family, NAT, CHAINS[hook])?.hook?.hook === hook ? rules : undefined;
  }
}

/** Removes the rules from iptables' chains whose hooks no table of ours uses any more. */
export function removeEndRules(nft: Nftables): void {
  const isUsed = (hook: NatHook): boolean =>
    HEARING[hook].some((table) => nft.getChain("inet", table, heardChain(hook)) !== undefined);
  const present = ([4, 6] as const).filter(
    (version) => nft.getTable(nftFamily(version), NAT) !== undefined,
  );
  if (present.length === 0) return;
  for (const hook of Object.keys(CHAINS) as NatHook[]) {
    if (isUsed(hook)) continue;
    for (const version of present) {
      const end = nft.listRules(nftFamily(version), NAT, CHAINS[hook]).find(isEndRule);
      if (end === undefined) continue;
      nft.commitPlanned((batch) => {
        // Asked again in the transaction: a table may come at any time.
        if (isUsed(hook)) return;
        for (const rule of nft.listRules(nftFamily(version), NAT, CHAINS[hook])) {
          if (isEndRule(rule)) batch.delRule(rule);
        }
      });
    }
  }
}

function faultForAdd({ rules, isHeard }: Seen): boolean {
  return rules === undefined ? isHeard : !isHeard || !isEndRule(rules.at(-1));
}

/** A chain that came after ADD is not heard yet, and keeps nothing from working. */
function faultForCheck({ rules, isHeard }: Seen): boolean {
  return isHeard && rules?.some(isEndRule) !== true;
}

function commentOf(version: Version): string {
  return `accepted by iptables, IPv${version}`;
}

function isOf({ comment }: Rule, version: Version): boolean {
  return comment === commentOf(version);
}
