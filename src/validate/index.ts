/** Judging the files that configure networks. */
export type { Diagnostic, Edit, Position, Related, Span } from "./diagnostic.ts";
export { type Mended, mend, writeMended } from "./fix.ts";
export { type DirectoryChoices, type JudgeOptions, judge, type Report } from "./judge.ts";
export { isKnownPlugin, pluginMeant } from "./keys/known.ts";
export { OWN_KEYS } from "./keys/own.ts";
export type { ClientChoice } from "./network/clients.ts";
export { type HostNetwork, hostNetworks } from "./node/host.ts";
export { KernelFacts } from "./node/kernel.ts";
export type { Programs } from "./node/programs.ts";
export { type Level, RULE_NAMES, type Rule, type RuleName, ruleOf } from "./rules.ts";
