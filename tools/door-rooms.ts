import type { Room } from "./room.ts";

/** What the npm package shows of rooms that have more inside than its users need. */
export const DOORS: readonly Room[] = [
  {
    name: "doors/netlink",
    purpose: "what the npm package shows of netlink and rtnetlink: `hawser/netlink`",
    platform: "bun",
    imports: ["kernel/sys", "kernel/netlink", "kernel/route"],
  },
  {
    name: "doors/netns",
    purpose: "what the npm package shows of network namespaces: `hawser/netns`",
    platform: "bun",
    imports: ["kernel/netns", "doors/netlink"],
  },
  {
    name: "doors/nftables",
    purpose: "what the npm package shows of nftables: `hawser/nftables`",
    platform: "bun",
    imports: ["kernel/nftables", "doors/netlink"],
  },
  {
    name: "doors/state",
    purpose: "what the npm package shows of the kinds of network state: `hawser/state`",
    platform: "bun",
    imports: ["state"],
  },
  {
    name: "doors/plugins",
    purpose: "the plugins for programs that have them inside: `hawser/plugins`",
    platform: "bun",
    imports: ["spec", "invoke", "plugin", "plugins/registry"],
  },
];
