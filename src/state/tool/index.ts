export { isInstalled, runTool } from "./tool.ts";
