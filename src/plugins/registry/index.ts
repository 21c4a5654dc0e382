/** Every plugin by its type. Each is loaded when it is asked for: a process needs one of them. */
import type { Plugin } from "../../plugin/index.ts";

export const PLUGINS: ReadonlyMap<string, () => Promise<Plugin>> = new Map([
  ["bridge", async () => (await import("../bridge/index.ts")).plugin],
  ["host-local", async () => (await import("../host-local/index.ts")).plugin],
  ["loopback", async () => (await import("../loopback/index.ts")).plugin],
  ["portmap", async () => (await import("../portmap/index.ts")).plugin],
  ["tuning", async () => (await import("../tuning/index.ts")).plugin],
]);
