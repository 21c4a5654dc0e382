import { differs } from "../../../state/index.ts";
import { hasLegacyTable, hasTools, restore, save } from "../../../state/iptables/index.ts";

type Env = Readonly<Record<string, string>>;

/** The rule of the gate in the words of iptables-save. */
export interface LegacyGateRule {
  readonly env: Env;
  /** Behind `-A FORWARD `. */
  readonly rule: string;
  /** Chains that are asked first. */
  readonly firstWords: readonly string[];
  /** Likewise behind `-A FORWARD `: asks the administrator's chain. */
  readonly adminRule: string;
  readonly adminChain: string;
}

/**
 * The gate in the kernel's old x_tables. They are spoken to by programs only, so this runs some
 * where the old table is in use, and none elsewhere.
 */
export class LegacyGate {
  readonly #gate: LegacyGateRule;

  constructor(gate: LegacyGateRule) {
    this.#gate = gate;
  }

  /** Whether the old table is in use, and by this host's own programs. */
  static concerns(family: 4 | 6, env: Env): boolean {
    return hasLegacyTable(family, "filter") && hasTools(family, { env, legacy: true });
  }

  async open(family: 4 | 6): Promise<void> {
    const { env, rule, firstWords, adminRule } = this.#gate;
    const state = await this.#look(family);
    if (state === undefined) return;
    const { rules, lacksAdmin } = state;
    if (rules.includes(rule) && !lacksAdmin) return;
    const behind = rules.findLastIndex((each) => leadsTo(each, firstWords));
    const at = rules.includes(rule) ? rules.indexOf(rule) + 1 : behind + 2;
    const lines = [
      ...(rules.includes(rule) ? [] : [`-I FORWARD ${at} ${rule}`]),
      ...(lacksAdmin ? [`-I FORWARD ${at} ${adminRule}`] : []),
    ];
    await restore(family, ["*filter", ...lines, "COMMIT", ""].join("\n"), { env, legacy: true });
  }

  async check(family: 4 | 6): Promise<void> {
    const state = await this.#look(family);
    if (state === undefined) return;
    const at = state.rules.indexOf(this.#gate.rule);
    const chain = `chain FORWARD of legacy IPv${family} iptables`;
    if (at === -1) throw differs(`firewall: ${chain} lacks the rule that accepts containers`);
    if (state.lacksAdmin) {
      throw differs(`firewall: ${chain} does not ask chain ${this.#gate.adminChain}`);
    }
    if (state.rules.slice(0, at).some((each) => /^-j (?:DROP|REJECT)\b/u.test(each))) {
      throw differs(`firewall: ${chain} drops everything before it accepts containers`);
    }
  }

  /** Removes the rules of FORWARD that hold this text. */
  static async close(family: 4 | 6, env: Env, text: string): Promise<void> {
    if (!LegacyGate.concerns(family, env)) return;
    const tools = { env, legacy: true };
    const lines = (await save(family, "filter", tools)).split("\n");
    const ours = lines.filter((line) => line.startsWith("-A FORWARD ") && line.includes(text));
    if (ours.length === 0) return;
    const deletions = ours.map((line) => line.replace(/^-A/u, "-D"));
    await restore(family, ["*filter", ...deletions, "COMMIT", ""].join("\n"), tools);
  }

  /** The rules of FORWARD; undefined when nothing there could keep a packet back. */
  async #look(family: 4 | 6): Promise<LegacyState | undefined> {
    const { env, adminChain } = this.#gate;
    if (!LegacyGate.concerns(family, env)) return undefined;
    const lines = (await save(family, "filter", { env, legacy: true })).split("\n");
    const start = "-A FORWARD ";
    const rules = lines.flatMap((line) =>
      line.startsWith(start) ? [line.slice(start.length)] : [],
    );
    const isOpen = rules.length === 0 && lines.some((line) => line.startsWith(":FORWARD ACCEPT "));
    if (isOpen) return undefined;
    const isAsked = rules.some((rule) => leadsTo(rule, [adminChain, "CNI-FORWARD"]));
    const hasAdmin = lines.some((line) => line.startsWith(`:${adminChain} `));
    return { rules, lacksAdmin: hasAdmin && !isAsked };
  }
}

interface LegacyState {
  readonly rules: readonly string[];
  readonly lacksAdmin: boolean;
}

function leadsTo(rule: string, chains: readonly string[]): boolean {
  return chains.some((chain) => rule.endsWith(`-j ${chain}`));
}
