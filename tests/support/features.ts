import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";

/** What a test may need of the machine, and how to find out whether it is there. */

export interface KernelFeature {
  /** The first kernel version that can have it; what is built in is still the kernel's own choice. */
  readonly since: string;
  /**
   * A shell line that succeeds, in a network namespace made for it, where the feature is there; without one,
   * every kernel since that version has it.
   */
  readonly probe?: string;
}

/** Kernel features by name: `needs("kernel:vlan")`. */
export const KERNEL_FEATURES = {
  dummy: { since: "2.2", probe: "ip link add t0 type dummy" },
  vlan: {
    since: "2.4.14",
    probe: "ip link add t0 type veth peer t1 && ip link add link t0 name t2 type vlan id 7",
  },
  vrf: { since: "4.3", probe: "ip link add t0 type vrf table 7" },
  ipvlan: {
    since: "3.19",
    probe: "ip link add t0 type veth peer t1 && ip link add link t0 name t2 type ipvlan",
  },
  macvlan: {
    since: "2.6.23",
    probe: "ip link add t0 type veth peer t1 && ip link add link t0 name t2 type macvlan",
  },
  "bridge-vlan-filtering": {
    since: "3.9",
    probe: "ip link add t0 type bridge && ip link set t0 type bridge vlan_filtering 1",
  },
  "nftables-inet-nat": {
    since: "5.2",
    probe: "nft add table inet t '{ chain c { type nat hook prerouting priority 0; }; }'",
  },
  "iptables-legacy": { since: "2.4", probe: "iptables-legacy -t nat -L -n" },
  "drop-monitor": { since: "5.4", probe: "modprobe -n drop_monitor" },
  vxlan: { since: "3.7", probe: "ip link add t0 type vxlan id 7 dstport 8472" },
  wireguard: { since: "5.6", probe: "ip link add t0 type wireguard" },
  "nft-owned-tables": {
    since: "5.12",
    probe: "nft add table inet t '{ flags owner; }'",
  },
  "nft-refused-element": { since: "5.19" },
  "netns-cookie": { since: "5.14" },
  "drop-reasons": { since: "5.18" },
  ipv6: { since: "2.6", probe: "ip -6 address add fd00::1/64 dev lo" },
} as const satisfies Readonly<Record<string, KernelFeature>>;

export type KernelFeatureName = keyof typeof KERNEL_FEATURES;

/**
 * `root` (of the machine, not of a user namespace), `virtio-nic` (a network card that tests may take,
 * see nic.ts: only the kernel lab has one), `kernel:<feature>`, `/a/path`, or a program.
 */
export type Feature =
  | "root"
  | "virtio-nic"
  | `kernel:${KernelFeatureName}`
  | `/${string}`
  | (string & {});

const answers = new Map<string, boolean>();

/** Whether this machine has the feature; each is probed once in a process. */
export function has(feature: Feature): boolean {
  let answer = answers.get(feature);
  if (answer === undefined) {
    answer = probe(feature);
    answers.set(feature, answer);
  }
  return answer;
}

function probe(feature: Feature): boolean {
  if (feature === "root") {
    return isMachineRoot(readFileSync("/proc/self/uid_map", "utf8"), process.getuid?.());
  }
  if (feature === "virtio-nic") return process.env["HAWSER_LAB"] === "1";
  if (feature.startsWith("kernel:")) return probeKernel(feature.slice("kernel:".length));
  return feature.startsWith("/") ? existsSync(feature) : Bun.which(feature) !== null;
}

/** Root of the machine: user 0 of a user namespace that maps every user to itself. */
export function isMachineRoot(uidMap: string, uid: number | undefined): boolean {
  return uid === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(uidMap);
}

function probeKernel(name: string): boolean {
  const features: [string, KernelFeature][] = Object.entries(KERNEL_FEATURES);
  const feature = features.find(([key]) => key === name)?.[1];
  if (feature === undefined) {
    throw new Error(`no kernel feature is named ${name}: add it to KERNEL_FEATURES with its probe`);
  }
  if (feature.probe === undefined) return Bun.semver.order(base(release()), feature.since) >= 0;
  const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const argv = ["unshare", ...user, "--net", "--mount", "sh", "-c", feature.probe];
  return Bun.which("unshare") !== null && Bun.spawnSync(argv, { stdin: "ignore" }).success;
}

/** Of `5.10.0-32-cloud-amd64` the numbers. */
function base(name: string): string {
  return /^[0-9.]+/.exec(name)?.[0] ?? "0";
}
