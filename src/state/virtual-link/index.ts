export type { ChildLink } from "./child-link.ts";
export { collectChildLinks } from "./collect.ts";
export { type ChildKind, kernelHas, kindMissing } from "./kind.ts";
export { findMaster, type Master } from "./master.ts";
export { ChildLinkStep } from "./step.ts";
