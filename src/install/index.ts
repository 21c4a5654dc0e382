/** Puts Hawser on a node, looks after what was put, and takes it away. */
export { type ClientReport, USUAL_PLUGIN_DIRS, whatClientsTake } from "./clients.ts";
export { readConflist } from "./conflist.ts";
export { embeddedEntryProgram } from "./entry-program.ts";
export { type InstallReport, install, planned } from "./install.ts";
export type { InstalledFile, PackageKind, Role } from "./manifest.ts";
export { asidePath, EXECUTABLE_NAME, MANIFEST_NAME, SCRATCH_PREFIX } from "./names.ts";
export { packageDirOf, packageManifest } from "./package.ts";
export type { Fate, FileReport } from "./plan.ts";
export type { Memories } from "./remembered.ts";
export { type KeptState, STATE_FORMAT } from "./state-format.ts";
export { type UninstallRequest, uninstall } from "./uninstall.ts";
export { unitTexts } from "./units.ts";
export { type Problem, type VerifyReport, type VerifyRequest, verify } from "./verify.ts";
export type { Commands, InstallRequest } from "./wanted.ts";
