import { differs } from "../../../state/index.ts";
import type { Tools } from "../../../state/iptables/index.ts";
import { changeFilter, filterLines, underFirewallLock, usesLegacyFilter } from "./filter-table.ts";

/** The rule that accepts containers, in the words of iptables-save. */
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
 * Makes the rule in the kernel's old x_tables. They are reached by programs only, so this runs some
 * where the old table is in use, and none elsewhere.
 */
export async function makeLegacyRule(family: 4 | 6, wanted: LegacyRule): Promise<void> {
  const { env, rule, chainsBefore, adminRule } = wanted;
  if (!usesLegacyFilter(family, env)) return;
  await underFirewallLock(env, async () => {
    const chain = await look(family, wanted);
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

/** @throws a CHECK's error when the rule is missing there, or nothing reaches it */
export async function checkLegacyRule(family: 4 | 6, wanted: LegacyRule): Promise<void> {
  const { env, rule, adminChain } = wanted;
  const found = usesLegacyFilter(family, env) ? await look(family, wanted) : undefined;
  if (found === undefined) return;
  const at = found.rules.indexOf(rule);
  const chain = `firewall: chain FORWARD of legacy IPv${family} iptables`;
  if (at === -1) throw differs(`${chain} lacks the rule that accepts containers`);
  if (found.lacksAdmin) throw differs(`${chain} does not ask chain ${adminChain}`);
  if (found.rules.slice(0, at).some((each) => /^-j (?:DROP|REJECT)\b/u.test(each))) {
    throw differs(`${chain} drops everything before it accepts containers`);
  }
}

interface LegacyChain {
  readonly rules: readonly string[];
  readonly lacksAdmin: boolean;
}

/** The rules of FORWARD; undefined when nothing there could keep a packet back. */
async function look(
  family: 4 | 6,
  { env, adminChain }: LegacyRule,
): Promise<LegacyChain | undefined> {
  const lines = await filterLines(family, { env, legacy: true });
  const start = "-A FORWARD ";
  const rules = lines.flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []));
  const isOpen = rules.length === 0 && lines.some((line) => line.startsWith(":FORWARD ACCEPT "));
  if (isOpen) return undefined;
  const asksAdmin = rules.some((rule) => leadsTo(rule, [adminChain, "CNI-FORWARD"]));
  const hasAdmin = lines.some((line) => line.startsWith(`:${adminChain} `));
  return { rules, lacksAdmin: hasAdmin && !asksAdmin };
}

function leadsTo(rule: string, chains: readonly string[]): boolean {
  return chains.some((chain) => rule.endsWith(`-j ${chain}`));
}
