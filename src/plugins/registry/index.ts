export { ENTRY_TRAILER, isOwn, ownExecutor } from "./executor.ts";
export { PLUGINS, traitsOf } from "./plugins.ts";
export { RECOVER_VARIABLE, recovering } from "./recover.ts";
