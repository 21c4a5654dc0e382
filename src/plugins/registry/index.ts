export { ENTRY_TRAILER, isOwn, ownExecutor } from "./executor.ts";
export { PLUGINS } from "./plugins.ts";
export { RECOVER_VARIABLE, recovering } from "./recover.ts";
