export { type AddOptions, Batch, type Command } from "./batch.ts";
export {
  type Chain,
  type ChainHook,
  type ChainId,
  type ChainSpec,
  type HookName,
  Priority,
} from "./chain.ts";
export { compose, etherGuard, familyGuard, metaEquals, protocolGuard } from "./compose.ts";
export { type Data, isVerdict, type Verdict } from "./data.ts";
export {
  concat,
  type DataTypeName,
  IpProto,
  ifnameValue,
  markValue,
  portValue,
  protoValue,
  split,
} from "./datatype.ts";
export type { Element } from "./element.ts";
export { NftablesError } from "./error.ts";
export * from "./expr/index.ts";
export type { Family } from "./family.ts";
export {
  type AddressComparison,
  addressComparisons,
  interfaceComparison,
  ruleComment,
  ruleTarget,
  ruleVerdict,
} from "./inspect.ts";
export {
  addressInSet,
  addressMatch,
  ctMark,
  ctOriginalPort,
  ctState,
  ctStatus,
  etherMatch,
  fibLocal,
  interfaceMatch,
  type KeyPart,
  loadKey,
  lookup,
  type MatchOptions,
  markMatch,
  portMatch,
  prefixMatch,
  type Side,
} from "./match.ts";
export { type CommitOptions, Nftables } from "./nftables.ts";
export { ruleLine, ruleText } from "./print.ts";
export { REG_1, REG_VERDICT, registerAt } from "./register.ts";
export type { Rule, RuleId, RulePosition, RuleSpec } from "./rule.ts";
export type { NftSet, SetId, SetSpec, TypeList } from "./set.ts";
export {
  counter,
  dnatTo,
  dnatToMap,
  goto,
  jump,
  masquerade,
  setCtMark,
  setMark,
  snatTo,
  verdict,
  vmap,
} from "./statement.ts";
export type { Table, TableId, TableSpec } from "./table.ts";
export { PacketTrace, type TracedFlow } from "./trace.ts";
export type { TraceEvent } from "./trace-event.ts";
export { COMMENT_MAX_BYTES } from "./userdata.ts";
export { RulesetWatch, type Transaction } from "./watch.ts";
