export { PLUGIN_CHECKS } from "./checks.ts";
export { checkPlugin, type PluginRun } from "./conformance.ts";
