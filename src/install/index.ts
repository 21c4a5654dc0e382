/** Puts Hawser on a node, looks after what was put, and takes it away. */
export { readConflist } from "./conflist.ts";
export { embeddedEntryProgram } from "./entry-program.ts";
export { type InstallReport, install, planned } from "./install.ts";
export type { Role } from "./manifest.ts";
export type { Fate, FileReport } from "./plan.ts";
export { usualCacheDirs } from "./remembered.ts";
export { type UninstallRequest, uninstall } from "./uninstall.ts";
export { unitTexts } from "./units.ts";
export { type Problem, type VerifyReport, type VerifyRequest, verify } from "./verify.ts";
export type { InstallRequest } from "./wanted.ts";
