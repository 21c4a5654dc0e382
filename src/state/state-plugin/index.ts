export { type NetworkPlugin, statePlugin } from "./plugin.ts";
