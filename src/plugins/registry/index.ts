export { ENTRY_TRAILER, isOwn, ownExecutor } from "./executor.ts";
export { HOST_PATHS, type HostPath, hostPathsOf } from "./paths.ts";
export { PLUGINS, schemaOf, traitsOf } from "./plugins.ts";
export { RECOVER_VARIABLE, recovering } from "./recover.ts";
