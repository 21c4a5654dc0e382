import {
  compose,
  counter,
  type Expression,
  jump,
  markMatch,
  markValue,
  type Nftables,
  type Rule,
  type RuleSpec,
  ruleComment,
  ruleTarget,
  ruleVerdict,
  verdict,
} from "../../../kernel/nftables/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { differs } from "../../../state/index.ts";
import { nftFamily, underLock } from "../../../state/iptables/index.ts";
import { stateDirectory } from "../../../state/owner/index.ts";
import type { Firewall } from "./firewall.ts";
import { firewallLayout } from "./layout.ts";
import { LegacyGate } from "./legacy-gate.ts";

type Env = Readonly<Record<string, string>>;

const TABLE = "filter";
const CHAIN = "FORWARD";
const FAMILIES = [4, 6] as const;
const OURS = "hawser firewall ";
const COMMENT = `${OURS}bit `;
const ADMIN_COMMENT = `${OURS}admin overrides`;
/** xt_comment's own length. */
const COMMENT_LENGTH = 256;
/** Chains that have the first word on what is forwarded; the gate comes behind the jumps to them. */
const FIRST_WORDS = ["DOCKER-USER", "CNI-FORWARD", "CNI-ISOLATION-STAGE-1"];
const ENDING_TARGETS = ["DROP", "REJECT"];

/**
 * The one rule in iptables' FORWARD chain that accepts what our own table has marked, wherever
 * there is such a chain: its policy, or a rule in it, may drop what nobody accepts there. In
 * iptables' own words, so that `iptables` of every release lists, saves and restores it.
 */
export class Gate {
  readonly #nft: Nftables;
  readonly #env: Env;
  readonly #admin: string;
  readonly #bit: number;
  readonly #legacy: LegacyGate;

  constructor(
    nft: Nftables,
    env: Env,
    settings: Pick<Firewall["settings"], "adminChain" | "markBit">,
  ) {
    this.#nft = nft;
    this.#env = env;
    this.#admin = settings.adminChain;
    this.#bit = settings.markBit;
    const mark = markText(this.#bit);
    const rule = `-m mark --mark ${mark}/${mark} -m comment --comment "${COMMENT}${this.#bit}" -j ACCEPT`;
    this.#legacy = new LegacyGate({
      ...{ env, rule, firstWords: [...FIRST_WORDS, this.#admin], adminChain: this.#admin },
      adminRule: `-m comment --comment "${ADMIN_COMMENT}" -j ${this.#admin}`,
    });
  }

  /** Makes the rule where it is missing. */
  async open(families: readonly (4 | 6)[]): Promise<void> {
    for (const family of families) {
      this.#openNftables(family);
      await this.#locked(family, async () => await this.#legacy.open(family));
    }
  }

  /** Throws a CHECK's error when the rule is missing, or nothing reaches it. */
  async check(families: readonly (4 | 6)[]): Promise<void> {
    for (const family of families) {
      this.#checkNftables(family);
      await this.#legacy.check(family);
    }
  }

  /** Removes all such rules when our own table is gone. */
  static async close(nft: Nftables, env: Env): Promise<void> {
    for (const family of FAMILIES) {
      const id = nftFamily(family);
      if (nft.getChain(id, TABLE, CHAIN) !== undefined) {
        nft.commitPlanned((batch) => {
          if (nft.getTable(firewallLayout.family, firewallLayout.table) !== undefined) return;
          for (const rule of nft.listRules(id, TABLE, CHAIN)) if (isOurs(rule)) batch.delRule(rule);
        });
      }
      if (nft.getTable(firewallLayout.family, firewallLayout.table) !== undefined) return;
      await LegacyGate.close(family, env, `--comment "${OURS}`);
    }
  }

  async #locked(family: 4 | 6, work: () => Promise<void>): Promise<void> {
    if (!LegacyGate.concerns(family, this.#env)) return;
    await underLock(`${stateDirectory(this.#env)}/firewall/lock`, work);
  }

  #openNftables(family: 4 | 6): void {
    const state = this.#look(family);
    if (state === undefined || (state.gate !== undefined && !state.lacksAdmin)) return;
    try {
      this.#insert(family, { native: false });
    } catch (error) {
      // A kernel without nft_compat, where iptables has not made this chain.
      if (!isKernelError(error, Errno.ENOENT, Errno.EOPNOTSUPP)) throw error;
      this.#insert(family, { native: true });
    }
  }

  #insert(family: 4 | 6, form: RuleForm): void {
    this.#nft.commitPlanned((batch) => {
      const now = this.#look(family);
      if (now === undefined) return;
      const place = { family: nftFamily(family), table: TABLE, chain: CHAIN } as const;
      const gate = { ...place, ...gateRule(this.#bit, form) };
      const admin = { ...place, ...adminRule(this.#admin, form) };
      const behind = now.firstWord && { position: now.firstWord.handle };
      // What comes last is put in first.
      if (now.gate === undefined) {
        if (behind === undefined) batch.insertRule(gate);
        else batch.addRule({ ...gate, ...behind });
      }
      if (!now.lacksAdmin) return;
      if (now.gate !== undefined) batch.insertRule({ ...admin, position: now.gate.handle });
      else if (behind === undefined) batch.insertRule(admin);
      else batch.addRule({ ...admin, ...behind });
    });
  }

  #checkNftables(family: 4 | 6): void {
    const state = this.#look(family);
    if (state === undefined) return;
    const chain = `chain ${CHAIN} of table ${nftFamily(family)} ${TABLE}`;
    if (state.gate === undefined) {
      throw differs(
        `firewall: ${chain} lacks the rule that accepts containers by mark ${markText(this.#bit)}`,
        "somebody has flushed or restored it; the next ADD makes it again",
      );
    }
    if (state.lacksAdmin) {
      throw differs(`firewall: ${chain} does not ask chain ${this.#admin} before it accepts`);
    }
    const earlier = state.rules.slice(0, state.rules.indexOf(state.gate));
    if (earlier.some(dropsEverything)) {
      throw differs(`firewall: ${chain} drops everything before it accepts containers`);
    }
  }

  #look(family: 4 | 6): State | undefined {
    const id = nftFamily(family);
    if (this.#nft.getChain(id, TABLE, CHAIN)?.hook?.hook !== "forward") return undefined;
    const rules = this.#nft.listRules(id, TABLE, CHAIN);
    const leadsTo = (chains: readonly string[]): Rule | undefined =>
      rules.findLast((rule) => chains.includes(ruleTarget(rule) ?? ""));
    const isAsked = leadsTo([this.#admin, "CNI-FORWARD"]) !== undefined;
    return {
      rules,
      gate: rules.find((rule) => isOurs(rule) && ruleComment(rule) === `${COMMENT}${this.#bit}`),
      firstWord: leadsTo([...FIRST_WORDS, this.#admin]),
      lacksAdmin: !isAsked && this.#nft.getChain(id, TABLE, this.#admin) !== undefined,
    };
  }
}

interface State {
  readonly rules: readonly Rule[];
  readonly gate: Rule | undefined;
  /** The last rule that asks somebody who comes before us. */
  readonly firstWord: Rule | undefined;
  /** The administrator's chain is there and nobody asks it. */
  readonly lacksAdmin: boolean;
}

function isOurs(rule: Rule): boolean {
  const comment = ruleComment(rule);
  if (comment === ADMIN_COMMENT) return true;
  return comment?.startsWith(COMMENT) === true && ruleVerdict(rule)?.verdict === "accept";
}

/** In nft's own words, or in those of iptables' modules. */
interface RuleForm {
  readonly native: boolean;
}

type RuleContent = Pick<RuleSpec, "expressions" | "comment">;

function gateRule(bit: number, form: RuleForm): RuleContent {
  const mark = 2 ** bit;
  const comment = `${COMMENT}${bit}`;
  const end = [...counter(), ...verdict("accept")];
  if (form.native) return { expressions: compose(markMatch(mark, mark), end), comment };
  // struct xt_mark_mtinfo1: mark, mask, invert. Every iptables reads it; one that does not know the
  // native match of marks might list, and save, a rule that accepts everything.
  const value = markValue(mark);
  const info = Uint8Array.from([...value, ...value, ...new Uint8Array(4)]);
  const match: Expression = { kind: "match", name: "mark", revision: 1, info };
  return { expressions: compose([match, commentMatch(comment)], end) };
}

function adminRule(chain: string, form: RuleForm): RuleContent {
  const end = [...counter(), ...jump(chain)];
  if (form.native) return { expressions: end, comment: ADMIN_COMMENT };
  return { expressions: [commentMatch(ADMIN_COMMENT), ...end] };
}

function commentMatch(text: string): Expression {
  const info = new Uint8Array(COMMENT_LENGTH);
  info.set(Buffer.from(text));
  return { kind: "match", name: "comment", revision: 0, info };
}

function dropsEverything({ expressions }: Rule): boolean {
  const rest = expressions.filter(
    (each) => each.kind !== "counter" && !(each.kind === "match" && each.name === "comment"),
  );
  const [only] = rest;
  if (only === undefined || rest.length > 1) return false;
  if (only.kind === "target") return ENDING_TARGETS.includes(only.name);
  if (only.kind === "raw") return only.name === "reject";
  return ruleVerdict({ expressions: rest })?.verdict === "drop";
}

function markText(bit: number): string {
  return `0x${(2 ** bit).toString(16)}`;
}
