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
import { differs, type Scene } from "../../../state/index.ts";
import { nftFamily } from "../../../state/iptables/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import type { FirewallConfig } from "../config.ts";
import { deleteRules, FILTER } from "./filter-table.ts";
import { firewallLayout } from "./layout.ts";
import { checkLegacyRule, type LegacyRule, makeLegacyRule } from "./legacy-forward-accept.ts";

const CHAIN = "FORWARD";
const FAMILIES = [4, 6] as const;
const OURS = "hawser firewall ";
const COMMENT = `${OURS}bit `;
const ADMIN_COMMENT = `${OURS}admin overrides`;
/** xt_comment's own length. */
const COMMENT_LENGTH = 256;
/** Chains that decide first about what is forwarded; our rule comes behind the jumps to them. */
const CHAINS_BEFORE_OURS = ["DOCKER-USER", "CNI-FORWARD", "CNI-ISOLATION-STAGE-1"];
const ENDING_TARGETS = ["DROP", "REJECT"];

/**
 * The one rule in iptables' FORWARD chain that accepts what our own table has marked, wherever
 * there is such a chain: its policy, or a rule in it, may drop what no rule accepts there. In
 * iptables' own words, so that `iptables` of every release lists, saves and restores it.
 */
export class ForwardAcceptRule {
  readonly #nft: Nftables;
  readonly #adminChain: string;
  readonly #bit: number;
  readonly #chainsBefore: readonly string[];
  readonly #legacy: LegacyRule;

  constructor(
    { namespaces, ctx: { env } }: Scene,
    { adminChain, markBit }: Pick<FirewallConfig, "adminChain" | "markBit">,
  ) {
    this.#nft = nftables(namespaces);
    this.#adminChain = adminChain;
    this.#bit = markBit;
    this.#chainsBefore = [...CHAINS_BEFORE_OURS, adminChain];
    const match = `-m mark --mark ${markText(markBit)}/${markText(markBit)}`;
    this.#legacy = {
      env,
      rule: `${match} -m comment --comment "${COMMENT}${markBit}" -j ACCEPT`,
      chainsBefore: this.#chainsBefore,
      adminRule: `-m comment --comment "${ADMIN_COMMENT}" -j ${adminChain}`,
      adminChain,
    };
  }

  /** Makes the rule where it is missing. */
  async make(families: readonly (4 | 6)[]): Promise<void> {
    for (const family of families) {
      this.#makeInNftables(family);
      await makeLegacyRule(family, this.#legacy);
    }
  }

  /** @throws a CHECK's error when the rule is missing, or nothing reaches it */
  async check(families: readonly (4 | 6)[]): Promise<void> {
    for (const family of families) {
      this.#checkNftables(family);
      await checkLegacyRule(family, this.#legacy);
    }
  }

  #makeInNftables(family: 4 | 6): void {
    const chain = this.#look(family);
    if (chain === undefined || (chain.accept !== undefined && !chain.lacksAdmin)) return;
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
      const place = { family: nftFamily(family), table: FILTER, chain: CHAIN } as const;
      const { accept, before } = now;
      const insert = (rule: RuleSpec): unknown =>
        before === undefined
          ? batch.insertRule(rule)
          : batch.addRule({ ...rule, position: before.handle });
      // What comes last is put in first.
      if (accept === undefined) insert({ ...place, ...acceptRule(this.#bit, form) });
      if (!now.lacksAdmin) return;
      const admin = { ...place, ...adminRule(this.#adminChain, form) };
      if (accept === undefined) insert(admin);
      else batch.insertRule({ ...admin, position: accept.handle });
    });
  }

  #checkNftables(family: 4 | 6): void {
    const found = this.#look(family);
    if (found === undefined) return;
    const chain = `chain ${CHAIN} of table ${nftFamily(family)} ${FILTER}`;
    if (found.accept === undefined) {
      throw differs(
        `firewall: ${chain} lacks the rule that accepts containers by mark ${markText(this.#bit)}`,
        "somebody has flushed or restored it; the next ADD makes it again",
      );
    }
    if (found.lacksAdmin) {
      throw differs(`firewall: ${chain} does not ask chain ${this.#adminChain} before it accepts`);
    }
    const earlier = found.rules.slice(0, found.rules.indexOf(found.accept));
    if (earlier.some(dropsEverything)) {
      throw differs(`firewall: ${chain} drops everything before it accepts containers`);
    }
  }

  #look(family: 4 | 6): ForwardChain | undefined {
    const id = nftFamily(family);
    if (this.#nft.getChain(id, FILTER, CHAIN)?.hook?.hook !== "forward") return undefined;
    const rules = this.#nft.listRules(id, FILTER, CHAIN);
    const lastJump = (chains: readonly string[]): Rule | undefined =>
      rules.findLast((rule) => chains.includes(ruleTarget(rule) ?? ""));
    const asksAdmin = lastJump([this.#adminChain, "CNI-FORWARD"]) !== undefined;
    return {
      rules,
      accept: rules.find((rule) => isOurs(rule) && ruleComment(rule) === `${COMMENT}${this.#bit}`),
      before: lastJump(this.#chainsBefore),
      lacksAdmin: !asksAdmin && this.#nft.getChain(id, FILTER, this.#adminChain) !== undefined,
    };
  }
}

/** Removes all such rules when our own table is gone. */
export async function removeForwardAccept(scene: Scene): Promise<void> {
  const { family, table } = firewallLayout;
  const nft = nftables(scene.namespaces);
  const isUsed = (): boolean => nft.getTable(family, table) !== undefined;
  for (const version of FAMILIES) {
    if (isUsed()) return;
    await deleteRules(scene, version, {
      chains: [CHAIN],
      // Asked again in the transaction: the table may come at any time.
      isMeant: (rule) => isOurs(rule) && !isUsed(),
      isMeantLine: (line) =>
        line.startsWith(`-A ${CHAIN} `) && line.includes(`--comment "${OURS}`) && !isUsed(),
    });
  }
}

/** What is in iptables' chain. */
interface ForwardChain {
  readonly rules: readonly Rule[];
  readonly accept: Rule | undefined;
  /** The last rule that leads to a chain before ours. */
  readonly before: Rule | undefined;
  /** The administrator's chain is there and no rule leads to it. */
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

function acceptRule(bit: number, form: RuleForm): RuleContent {
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
