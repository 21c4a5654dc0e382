import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import { atLeast, type Interface } from "../../spec/index.ts";

/** The version of the specification that gave interfaces an `mtu`. */
export const MTU_SINCE: string = "1.1.0";

/**
 * How a link of the host stands in a result.
 *
 * @example
 * ```ts
 * import { link, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 * import { definePlugin, tryPlugin } from "hawser/plugin";
 * import { hostInterface } from "hawser/state";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const br0 = link.create(socket, { name: "br0", kind: "bridge", address: "02:00:00:00:00:01" });
 * const plugin = definePlugin({
 *   name: "shows",
 *   add: (ctx) => ({ interfaces: [hostInterface(ctx, br0)] }),
 *   del() {},
 * });
 * const config = { cniVersion: "1.1.0", name: "dbnet", type: "shows" };
 * const { stdout } = await tryPlugin(plugin, { operation: "ADD", config });
 * JSON.parse(stdout).interfaces; // → [{ name: "br0", mac: "02:00:00:00:00:01", mtu: 1500 }]
 * ```
 */
export function hostInterface(ctx: Context, of: link.Link): Interface {
  const mtu = atLeast(ctx.cniVersion, MTU_SINCE) ? { mtu: of.mtu } : {};
  return { name: of.name, mac: of.address ?? "", ...mtu };
}

/**
 * How a link of the container stands in a result.
 *
 * @example
 * ```ts
 * import { link, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 * import { definePlugin, tryPlugin } from "hawser/plugin";
 * import { containerInterface } from "hawser/state";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const eth0 = link.create(socket, { name: "eth0", kind: "bridge" });
 * const plugin = definePlugin({
 *   name: "shows",
 *   add: (ctx) => ({ interfaces: [containerInterface(ctx, eth0)] }),
 *   del() {},
 * });
 * const config = { cniVersion: "1.1.0", name: "dbnet", type: "shows" };
 * const call = { operation: "ADD", config, netns: "/run/netns/blue" } as const;
 * JSON.parse((await tryPlugin(plugin, call)).stdout).interfaces[0].sandbox; // → "/run/netns/blue"
 * ```
 */
export function containerInterface(ctx: Context, of: link.Link): Interface {
  return { ...hostInterface(ctx, of), sandbox: ctx.netns };
}
