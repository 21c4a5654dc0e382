/** What a configuration needs of the kernel, and whether the kernel of this machine has it. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { JudgedFile, PluginNode } from "../network/network.ts";
import { memberOf, textOf } from "../text/tree.ts";

/** Something that a kernel may lack. */
interface Feature {
  /** In messages: "macvlan links". */
  readonly what: string;
  /** The option of the kernel's configuration. */
  readonly option: string;
  /** The module that has it, where it can be one. */
  readonly module?: string;
}

const BRIDGE: Feature = { what: "bridges", option: "CONFIG_BRIDGE", module: "bridge" };
const VETH: Feature = { what: "veth pairs", option: "CONFIG_VETH", module: "veth" };
const NFTABLES: Feature = { what: "nftables", option: "CONFIG_NF_TABLES", module: "nf_tables" };
const NAT: Feature = { what: "NAT by nftables", option: "CONFIG_NFT_NAT", module: "nft_nat" };
const MASQ: Feature = {
  what: "masquerading by nftables",
  option: "CONFIG_NFT_MASQ",
  module: "nft_masq",
};
const VLANS: Feature = {
  what: "VLAN filtering of bridges",
  option: "CONFIG_BRIDGE_VLAN_FILTERING",
};
const BRIDGE_TABLES: Feature = { what: "nftables of bridges", option: "CONFIG_NF_TABLES_BRIDGE" };

const ALWAYS: Readonly<Record<string, readonly Feature[]>> = {
  bridge: [BRIDGE, VETH],
  ptp: [VETH],
  macvlan: [{ what: "macvlan links", option: "CONFIG_MACVLAN", module: "macvlan" }],
  ipvlan: [{ what: "ipvlan links", option: "CONFIG_IPVLAN", module: "ipvlan" }],
  vlan: [{ what: "VLAN links", option: "CONFIG_VLAN_8021Q", module: "8021q" }],
  dummy: [{ what: "dummy links", option: "CONFIG_DUMMY", module: "dummy" }],
  tap: [{ what: "taps", option: "CONFIG_TUN", module: "tun" }],
  vrf: [{ what: "VRFs", option: "CONFIG_NET_VRF", module: "vrf" }],
  bandwidth: [
    { what: "token buckets", option: "CONFIG_NET_SCH_TBF", module: "sch_tbf" },
    { what: "ifb devices", option: "CONFIG_IFB", module: "ifb" },
  ],
};

/** Adds features that the kernel lacks. What cannot be found out is no finding. */
export function judgeKernel(files: readonly JudgedFile[], kernel: KernelFacts): void {
  for (const { network, findings } of files) {
    for (const plugin of network?.plugins ?? []) {
      if (plugin.schema === undefined) continue;
      const missing = featuresOf(plugin).filter((feature) => kernel.has(feature) === false);
      for (const { what, option, module } of missing) {
        findings.add("missing-kernel-feature", plugin.name, {
          message: `${plugin.type} needs ${what}, and this kernel has none (${option})`,
          help:
            module === undefined
              ? `boot a kernel with ${option}`
              : `\`modprobe ${module}\`, or install the package with this kernel's further modules, or boot a kernel with ${option}`,
        });
      }
    }
  }
}

function featuresOf(plugin: PluginNode): Feature[] {
  const { type, node } = plugin;
  const isOn = (key: string): boolean => memberOf(node, key)?.value.value === true;
  const isIptables = (key: string): boolean => textOf(node, key) === "iptables";
  const features = [...(ALWAYS[type] ?? [])];
  if (isOn("ipMasq") && !isIptables("ipMasqBackend")) features.push(NFTABLES, MASQ);
  const vlan: unknown = memberOf(node, "vlan")?.value.value ?? 0;
  if (type === "bridge" && (vlan !== 0 || memberOf(node, "vlanTrunk") !== undefined)) {
    features.push(VLANS);
  }
  if (type === "bridge" && isOn("macspoofchk")) features.push(NFTABLES, BRIDGE_TABLES);
  if (type === "firewall" && !isIptables("backend")) features.push(NFTABLES);
  if (type === "portmap" && !isIptables("backend")) features.push(NFTABLES, NAT);
  return features;
}

/** The longest configuration of a kernel that is read, in bytes. */
const CONFIG_MAX = 4 * 1024 * 1024;
/** The longest list of modules that is read, in bytes. */
const LIST_MAX = 16 * 1024 * 1024;

/** What a kernel has, as its own files tell; nothing is loaded. */
export class KernelFacts {
  readonly #root: string;
  readonly #modules: string;
  readonly #config: string | undefined;
  #lists: { readonly builtin: string; readonly loadable: string } | undefined;

  /** @param root where `/proc`, `/lib/modules` and `/boot` lie */
  constructor(root: string = "/") {
    this.#root = root;
    const release = readText(join(root, "proc/sys/kernel/osrelease"), LIST_MAX)?.trim() ?? "";
    this.#modules = join(root, "lib/modules", release);
    this.#config =
      readGzip(join(root, "proc/config.gz")) ??
      readText(join(root, `boot/config-${release}`), CONFIG_MAX);
  }

  /** Undefined where it is not known. */
  has({ option, module }: Feature): boolean | undefined {
    if (module !== undefined && existsSync(join(this.#root, "sys/module", module))) return true;
    const value = this.#option(option);
    if (value === "y") return true;
    if (value === "n") return false;
    if (module === undefined) return undefined;
    const { builtin, loadable } = this.#readLists();
    if (names(module, builtin) || names(module, loadable)) return true;
    // Without the lists nothing is known of a module that is not loaded.
    return builtin === "" || loadable === "" ? undefined : false;
  }

  #option(option: string): "y" | "m" | "n" | undefined {
    if (this.#config === undefined) return undefined;
    const found = new RegExp(`^${option}=([ym])$`, "mu").exec(this.#config)?.[1];
    return found === "y" || found === "m" ? found : "n";
  }

  #readLists(): { readonly builtin: string; readonly loadable: string } {
    this.#lists ??= {
      builtin: readText(join(this.#modules, "modules.builtin"), LIST_MAX) ?? "",
      loadable: readText(join(this.#modules, "modules.dep"), LIST_MAX) ?? "",
    };
    return this.#lists;
  }
}

/** Whether a list of paths names a module, whose file may have either kind of dash. */
function names(module: string, list: string): boolean {
  const file = module.replaceAll("_", "[-_]");
  return new RegExp(`(?:^|/)${file}\\.ko(?:\\.\\w+)?(?::|\\s|$)`, "mu").test(list);
}

function readText(file: string, limit: number): string | undefined {
  try {
    return statSync(file).size > limit ? undefined : readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function readGzip(file: string): string | undefined {
  try {
    if (statSync(file).size > CONFIG_MAX) return undefined;
    return gunzipSync(readFileSync(file), { maxOutputLength: CONFIG_MAX }).toString("latin1");
  } catch {
    return undefined; // a kernel without it
  }
}
