/** Rules that choose a routing table (linux/fib_rules.h): what ip-rule(8) sets. */
export {
  add,
  delete,
  FR_ACT_BLACKHOLE,
  FR_ACT_GOTO,
  FR_ACT_NOP,
  FR_ACT_PROHIBIT,
  FR_ACT_TO_TBL,
  FR_ACT_UNREACHABLE,
  find,
  list,
  type Rule,
  type RuleFilter,
  type RuleSpec,
} from "../../kernel/route/rule/index.ts";
