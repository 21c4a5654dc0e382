/**
 * The eighteen plugins of the reference set and `cluster`, in process: to be run by `hawser/runtime`
 * without executables, or to be built into a program of one's own. Linux; calls need Bun.
 */
export { InProcessPlugins, type InProcessPluginsOptions } from "./in-process.ts";
export { loadPlugin, PLUGIN_TYPES, type PluginType } from "./load.ts";
