import type { Room } from "./room.ts";

/** What speaks to the kernel. */
export const KERNEL: readonly Room[] = [
  {
    name: "kernel/sys",
    purpose: "the native line: C library calls, errno, descriptors with an owner",
    platform: "bun",
    imports: ["bytes"],
  },
  {
    name: "kernel/netlink",
    purpose: "messages, attributes, sockets, acknowledgements, dumps",
    platform: "bun",
    imports: ["bytes", "kernel/sys"],
  },
  {
    name: "kernel/netns",
    purpose: "network namespaces: opened, made, entered for an instant",
    platform: "bun",
    imports: ["kernel/sys", "kernel/netlink"],
  },
  {
    name: "kernel/route",
    purpose:
      "rtnetlink: link, address, route, rule, neighbour, qdisc, filter, each with the same files",
    platform: "bun",
    imports: ["bytes", "addr", "kernel/sys", "kernel/netlink", "kernel/netns"],
    folders: true,
  },
  {
    name: "kernel/nftables",
    purpose: "tables, chains, rules, sets and maps, in one transaction",
    platform: "bun",
    imports: ["bytes", "addr", "kernel/sys", "kernel/netlink", "kernel/netns"],
  },
  {
    name: "kernel/sockets",
    purpose: "sockets that wait for connections, as /proc/net lists them",
    platform: "bun",
    imports: ["addr"],
  },
  {
    name: "kernel/sysctl",
    purpose: "sysctls of a namespace",
    platform: "bun",
    imports: ["bytes", "kernel/sys", "kernel/netlink"],
  },
  {
    name: "kernel/conntrack",
    purpose: "deletion of tracked flows",
    platform: "bun",
    imports: ["bytes", "addr", "kernel/sys", "kernel/netlink", "kernel/netns"],
  },
  {
    name: "kernel/generic",
    purpose: "generic netlink: families by their names, and their messages",
    platform: "bun",
    imports: ["bytes", "kernel/sys", "kernel/netlink"],
  },
  {
    name: "kernel/drop-monitor",
    purpose: "packets that the kernel drops, and why",
    platform: "bun",
    imports: ["kernel/sys", "kernel/netlink", "kernel/netns", "kernel/generic"],
  },
  {
    name: "kernel/wireguard",
    purpose: "WireGuard devices: their key, port and peers",
    platform: "bun",
    imports: ["bytes", "addr", "kernel/sys", "kernel/netlink", "kernel/generic"],
  },
];
