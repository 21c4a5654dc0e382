export { HostNat, removeEndRules } from "./host-nat.ts";
export { layNatChain, type NatHook } from "./lay.ts";
