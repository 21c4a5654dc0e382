import type { Plugin } from "../../plugin/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { parseConfig } from "./config.ts";
import type { DaemonIo } from "./daemon/index.ts";
import { lease } from "./kind/lease.ts";
import { leaseResult } from "./result.ts";

export { DEFAULT_SOCKET as DHCP_SOCKET, schema } from "./config.ts";

/** Gets addresses by DHCP, through a daemon that renews the leases. See README.md. */
export const plugin: Plugin = statePlugin({
  name: "dhcp",
  hostOnly: true,
  chained: "optional",
  config: parseConfig,
  kinds: [lease],
  want(scene) {
    const piece = lease.want(scene, scene.config);
    return {
      pieces: [piece],
      result: () => leaseResult(piece.granted, scene.config),
      expected: () => undefined,
    };
  },
});

/** Runs the daemon; its code is loaded now, since the plugin itself never needs it. */
export async function runDhcpDaemon(io: DaemonIo): Promise<number> {
  const { runDaemon } = await import("./daemon/index.ts");
  return await runDaemon(io);
}
