import { differs } from "../../../state/index.ts";
import type { Tools } from "../../../state/iptables/index.ts";
import { changeFilter, filterLines, underFirewallLock, usesLegacyFilter } from "./filter-table.ts";

/** The rule in the words of iptables-save. */
export interface LegacyRule {
  readonly env: Tools["env"];
  /** Behind `-A FORWARD `. */
  readonly rule: string;
  /** Chains that decide first. */
  readonly chainsBefore: readonly string[];
  /** Likewise behind `-A FORWARD `: leads to the administrator's chain. */
  readonly adminRule: string;
  readonly adminChain: string;
}

/**
 * The rule that accepts containers, in the kernel's old x_tables. They are reached by programs only,
 * so this runs some where the old table is in use, and none elsewhere.
 */
export class LegacyForwardAccept {
  readonly #wanted: LegacyRule;

  constructor(wanted: LegacyRule) {
    this.#wanted = wanted;
  }

  async make(family: 4 | 6): Promise<void> {
    const { env, rule, chainsBefore, adminRule } = this.#wanted;
    if (!usesLegacyFilter(family, env)) return;
    await underFirewallLock(env, async () => {
      const chain = await this.#look(family);
      if (chain === undefined) return;
      const { rules, lacksAdmin } = chain;
      const isThere = rules.includes(rule);
      const behind = rules.findLastIndex((each) => leadsTo(each, chainsBefore));
      const at = isThere ? rules.indexOf(rule) + 1 : behind + 2;
      const lines = [...(isThere ? [] : [rule]), ...(lacksAdmin ? [adminRule] : [])];
      const insertions = lines.map((line) => `-I FORWARD ${at} ${line}`);
      await changeFilter(family, insertions, { env, legacy: true });
    });
  }

  async check(family: 4 | 6): Promise<void> {
    const { env, rule, adminChain } = this.#wanted;
    const found = usesLegacyFilter(family, env) ? await this.#look(family) : undefined;
    if (found === undefined) return;
    const at = found.rules.indexOf(rule);
    const chain = `chain FORWARD of legacy IPv${family} iptables`;
    if (at === -1) throw differs(`firewall: ${chain} lacks the rule that accepts containers`);
    if (found.lacksAdmin) throw differs(`firewall: ${chain} does not ask chain ${adminChain}`);
    if (found.rules.slice(0, at).some((each) => /^-j (?:DROP|REJECT)\b/u.test(each))) {
      throw differs(`firewall: ${chain} drops everything before it accepts containers`);
    }
  }

  /** The rules of FORWARD; undefined when nothing there could keep a packet back. */
  async #look(family: 4 | 6): Promise<LegacyChain | undefined> {
    const { env, adminChain } = this.#wanted;
    const lines = await filterLines(family, { env, legacy: true });
    const start = "-A FORWARD ";
    const rules = lines.flatMap((line) =>
      line.startsWith(start) ? [line.slice(start.length)] : [],
    );
    const isOpen = rules.length === 0 && lines.some((line) => line.startsWith(":FORWARD ACCEPT "));
    if (isOpen) return undefined;
    const asksAdmin = rules.some((rule) => leadsTo(rule, [adminChain, "CNI-FORWARD"]));
    const hasAdmin = lines.some((line) => line.startsWith(`:${adminChain} `));
    return { rules, lacksAdmin: hasAdmin && !asksAdmin };
  }
}

interface LegacyChain {
  readonly rules: readonly string[];
  readonly lacksAdmin: boolean;
}

function leadsTo(rule: string, chains: readonly string[]): boolean {
  return chains.some((chain) => rule.endsWith(`-j ${chain}`));
}
