/**
 * The rooms of the house and who may import whom: the one table from which the tsconfig files are
 * written and by which the import test judges. A room may import the rooms in its row, and no other.
 */

/**
 * What a room may touch. "pure": no I/O at all, not even a type for it. "node": Node 20 and Bun
 * alike, part of the npm package. "bun": anything.
 */
export type Platform = "pure" | "node" | "bun";

export interface Room {
  /** The folder below src/, with an index.ts as its only door. */
  readonly name: string;
  readonly platform: Platform;
  readonly imports: readonly string[];
}

const KERNEL_ROOMS: readonly string[] = [
  "kernel/sys",
  "kernel/netlink",
  "kernel/route",
  "kernel/nftables",
  "kernel/netns",
  "kernel/sysctl",
  "kernel/conntrack",
];

/** Every plugin folder; the executables in dist/cni bear these names. */
export const PLUGIN_NAMES: readonly string[] = [
  "bridge",
  "host-local",
  "tuning",
  "portmap",
  "loopback",
];

const FOUNDATION: readonly string[] = ["bytes", "addr", "spec", ...KERNEL_ROOMS];
const PLUGIN_ROOMS: readonly string[] = PLUGIN_NAMES.map((name) => `plugins/${name}`);

export const ROOMS: readonly Room[] = [
  { name: "bytes", platform: "pure", imports: [] },
  { name: "addr", platform: "pure", imports: [] },
  { name: "spec", platform: "pure", imports: ["addr"] },
  { name: "kernel/sys", platform: "bun", imports: ["bytes"] },
  { name: "kernel/netlink", platform: "bun", imports: ["bytes", "kernel/sys"] },
  { name: "kernel/netns", platform: "bun", imports: ["kernel/sys", "kernel/netlink"] },
  {
    name: "kernel/route",
    platform: "bun",
    imports: ["bytes", "addr", "kernel/sys", "kernel/netlink", "kernel/netns"],
  },
  {
    name: "kernel/nftables",
    platform: "bun",
    imports: ["bytes", "addr", "kernel/sys", "kernel/netlink", "kernel/netns"],
  },
  { name: "kernel/sysctl", platform: "bun", imports: ["bytes", "kernel/sys", "kernel/netlink"] },
  {
    name: "kernel/conntrack",
    platform: "bun",
    imports: ["bytes", "addr", "kernel/sys", "kernel/netlink", "kernel/netns"],
  },
  { name: "invoke", platform: "node", imports: ["spec"] },
  { name: "runtime", platform: "node", imports: ["spec", "invoke"] },
  { name: "plugin", platform: "node", imports: ["spec", "invoke"] },
  { name: "steps", platform: "bun", imports: ["addr", "spec", ...KERNEL_ROOMS] },
  ...PLUGIN_ROOMS.map((name): Room => {
    return {
      name,
      platform: "bun",
      imports: ["addr", "spec", "plugin", "steps", ...KERNEL_ROOMS],
    };
  }),
  { name: "plugins/registry", platform: "bun", imports: ["spec", "plugin", ...PLUGIN_ROOMS] },
  {
    name: "cli",
    platform: "bun",
    imports: [
      ...FOUNDATION,
      "invoke",
      "runtime",
      "plugin",
      "steps",
      ...PLUGIN_ROOMS,
      "plugins/registry",
    ],
  },
];

/** The rooms that the npm package holds, beside those that they import. */
export const NPM_ROOMS: readonly string[] = ["spec", "invoke", "runtime", "plugin"];
