import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { must } from "../support/exec.ts";
import type { Scene } from "./scene.ts";

/** What STATUS has to notice: something that a plugin's first example needs is taken away. */

type PluginObject = Readonly<Record<string, unknown>>;

export interface Breaker {
  /** Code of STATUS. */
  readonly code: 50 | 51;
  /** Takes it away from the host. */
  readonly take?: (scene: Scene) => Promise<void>;
  /** Puts back what the end of the scene does not. */
  readonly giveBack?: () => Promise<void>;
  /** Another configuration, of something that is not there. */
  readonly change?: (plugin: PluginObject) => PluginObject;
  readonly env?: Readonly<Record<string, string>>;
}

const noMaster: Breaker = {
  code: 51,
  change: (plugin) => ({ ...plugin, master: "nowhere0" }),
};

const noPrograms: Breaker = {
  code: 50,
  change: (plugin) => ({ ...plugin, backend: "iptables" }),
  env: { PATH: "/nowhere" },
};

/** Its addresses cannot be noted anywhere. */
const noNotes: Breaker = {
  code: 50,
  change: (plugin) => {
    const ipam = { ...(plugin["ipam"] as PluginObject), dataDir: "/etc/passwd/networks" };
    return { ...plugin, ipam };
  },
};

const FLEET = "/run/cni/cluster";
const RANGE = "/var/lib/cni/networks/rangenet";

/** Those without one need nothing that could be missing where the kernel has their kind of link. */
export const BREAKERS: Readonly<Record<string, Breaker>> = {
  bridge: {
    code: 50,
    change: (plugin) => ({ ...plugin, bridge: "taken0" }),
    take: async () => {
      await must(["ip", "link", "add", "taken0", "type", "veth", "peer", "name", "taken1"]);
    },
  },
  cluster: {
    code: 50,
    // A file stands where the node's part of the fleet should be.
    take: async () => {
      rmSync(FLEET, { recursive: true, force: true });
      writeFileSync(FLEET, "");
      await Promise.resolve();
    },
    giveBack: async () => {
      rmSync(FLEET);
      await Promise.resolve();
    },
  },
  dhcp: { code: 50, take: async (scene) => await scene.endDaemons() },
  dummy: noNotes,
  firewall: noPrograms,
  "host-device": { code: 50, change: (plugin) => ({ ...plugin, device: "nowhere0" }) },
  "host-local": {
    code: 50,
    // A file stands where the network's directory should be.
    take: async () => {
      rmSync(RANGE, { recursive: true, force: true });
      mkdirSync(dirname(RANGE), { recursive: true });
      writeFileSync(RANGE, "");
      await Promise.resolve();
    },
    giveBack: async () => {
      rmSync(RANGE);
      await Promise.resolve();
    },
  },
  ipvlan: noMaster,
  macvlan: noMaster,
  portmap: noPrograms,
  ptp: noNotes,
  tap: {
    code: 50,
    take: async () => {
      await must(["mount", "-t", "tmpfs", "tmpfs", "/dev/net"]);
    },
    giveBack: async () => {
      await must(["umount", "/dev/net"]);
    },
  },
  tuning: {
    code: 50,
    take: async () => {
      await must(["mount", "--bind", "/proc/sys", "/proc/sys"]);
      await must(["mount", "-o", "remount,bind,ro", "/proc/sys"]);
    },
    giveBack: async () => {
      await must(["umount", "/proc/sys"]);
    },
  },
  vlan: noMaster,
};
