import {
  compose,
  counter,
  type Expression,
  markValue,
  type Rule,
  type RuleSpec,
  ruleComment,
  setMark,
} from "../../kernel/nftables/index.ts";

/** Not kube-proxy's, portmap's, Calico's, …; see decision 5. */
const MARK_BIT = 12;
export const MARK: number = 2 ** MARK_BIT;

const COMMENT = `hawser nat bit ${MARK_BIT}`;
/** xt_comment's own length. */
const COMMENT_LENGTH = 256;

/** Whether it is the rule by which iptables' chain says that a packet has come to its end. */
export function isEndRule(rule: Rule | undefined): boolean {
  return rule !== undefined && ruleComment(rule) === COMMENT;
}

/** How the rule is written: in nft's own words, or in those of iptables' modules. */
export interface RuleForm {
  readonly native: boolean;
}

/**
 * `-m comment --comment "…" -j MARK --set-xmark 0x1000/0x1000`, in the form in which every release
 * of iptables lists, saves and restores it. A kernel without nft_compat takes the native one.
 */
export function endRule({ native }: RuleForm): Pick<RuleSpec, "expressions" | "comment"> {
  if (native) return { expressions: compose(counter(), setMark(MARK, MARK)), comment: COMMENT };
  const text = new Uint8Array(COMMENT_LENGTH);
  text.set(Buffer.from(COMMENT));
  // struct xt_mark_tginfo2: mark, mask.
  const info = Uint8Array.from([...markValue(MARK), ...markValue(MARK)]);
  const comment: Expression = { kind: "match", name: "comment", revision: 0, info: text };
  const mark: Expression = { kind: "target", name: "MARK", revision: 2, info };
  return { expressions: [comment, ...counter(), mark] };
}
