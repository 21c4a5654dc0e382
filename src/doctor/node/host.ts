/** The kernel and its packet filter, as all containers share them. */
import { existsSync, readFileSync } from "node:fs";
import { errorText } from "../../base/index.ts";
import { hasLegacyTable } from "../../state/iptables/index.ts";
import type { NodeAttachment } from "../../view/attachments/index.ts";
import { sysctlNumber } from "../facts/host.ts";
import { lookAtLimits } from "../limits.ts";
import type { Report } from "../report.ts";
import { isOn, textAt } from "../subject.ts";
import type { Node } from "../surroundings.ts";
import { pluginsIn, pluginsOf } from "./networks.ts";
import type { NodeStage } from "./stage.ts";

/** The module that a plugin's links are made by, where it has the name of the kind. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  bridge: ["bridge", "veth"],
  ptp: ["veth"],
  macvlan: ["macvlan"],
  ipvlan: ["ipvlan"],
  vlan: ["8021q"],
  dummy: ["dummy"],
  vrf: ["vrf"],
  tap: ["tun"],
};

export const kernel: NodeStage = {
  name: "kernel",
  title: "kernel",
  look({ node, host }, report) {
    report.look("nfnetlink, and the kernel's list of modules");
    try {
      host.nft.generation();
    } catch (error) {
      report.find(
        "kernel-feature-missing",
        `the kernel does not answer for nftables: ${errorText(error)}`,
        "modprobe nf_tables",
      );
    }
    for (const name of missing(node)) {
      report.find(
        "kernel-feature-missing",
        `the kernel has no module ${name}, which a plugin of a network needs`,
        `modprobe ${name}`,
      );
    }
    report.pass(`Linux ${release()}`);
  },
};

function release(): string {
  return readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
}

/** Modules that are neither built in, nor loaded, nor on the disk; none where there is no list of them. */
function missing(node: Node): string[] {
  const dir = `/lib/modules/${release()}`;
  const lists = ["modules.builtin", "modules.dep"].map((name) => `${dir}/${name}`);
  if (!lists.every((file) => existsSync(file))) return [];
  const types = pluginsOf(node).map((plugin) => textAt(plugin, "type"));
  const wanted = new Set(
    types.flatMap((type) => (Object.hasOwn(MODULES, type) ? (MODULES[type] ?? []) : [])),
  );
  if (wanted.size === 0) return [];
  const text = lists.map((file) => readFileSync(file, "utf8")).join("\n");
  return [...wanted].filter(
    (name) => !existsSync(`/sys/module/${name}`) && !text.includes(`/${name}.ko`),
  );
}

const FORWARDS = { 4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding" } as const;

export const forwarding: NodeStage = {
  name: "forwarding",
  title: "forwarding",
  look({ node }, report) {
    const notes = ([4, 6] as const).map((family) => {
      const key = FORWARDS[family];
      report.look(`sysctl ${key}`);
      const value = sysctlNumber(key);
      const name = key.replaceAll("/", ".");
      if (value === 0 && node.view.attachments.some((one) => isRouted(node, one, family))) {
        report.find(
          "forwarding-off",
          `the host does not forward IPv${family}: containers reach no more than their own subnet`,
          `sysctl -w ${name}=1`,
        );
      }
      return `${name} is ${value ?? "unknown"}`;
    });
    report.pass(notes.join(", "));
  },
};

/** Whether an attachment that lives has an address of a family, and the host for its gateway. */
function isRouted(
  node: Node,
  { network, state, addresses }: NodeAttachment,
  family: 4 | 6,
): boolean {
  const found = node.view.networks.get(network);
  if (found === undefined || state === "orphan" || state === "leak") return false;
  if (!addresses.some((text) => text.includes(":") === (family === 6))) return false;
  return pluginsIn(found).some((plugin) => {
    const isGateway = isOn(plugin, "isGateway") || isOn(plugin, "isDefaultGateway");
    return textAt(plugin, "type") === "ptp" || isGateway;
  });
}

export const filters: NodeStage = {
  name: "filter",
  title: "packet filter",
  look({ host }, report) {
    report.look("base chains of nftables at the hook forward");
    const chains = host.ruleset.at("forward", ["ip", "ip6", "inet"]);
    for (const { family, table, name, hook } of chains) {
      if (hook?.policy !== "drop") continue;
      // With rules for containers in it, the policy is what they are made for.
      const rules = host.ruleset.rules(family, table, name);
      if (rules.length > 0) continue;
      report.find(
        "forward-policy-drop",
        `chain ${name} of table ${family} ${table} drops all that is forwarded: it has no rule that accepts`,
        family === "ip" || family === "ip6"
          ? `${family === "ip" ? "iptables" : "ip6tables"} -P ${name} ACCEPT`
          : `nft -a list chain ${family} ${table} ${name}`,
      );
    }
    legacy(report);
    const firewalld = chains.some(({ table }) => table === "firewalld");
    const count = chains.length;
    report.pass(
      `${count} chain${count === 1 ? "" : "s"}${firewalld ? ", firewalld's among them" : ""}`,
    );
  },
};

function legacy(report: Report): void {
  for (const family of [4, 6] as const) {
    if (!hasLegacyTable(family, "filter")) continue;
    const program = family === 4 ? "iptables" : "ip6tables";
    report.find(
      "legacy-rules-unread",
      `${program}-legacy has a table filter, which is not read here`,
      `${program}-legacy -S FORWARD`,
    );
  }
}

export const limits: NodeStage = {
  name: "limits",
  title: "limits of the kernel",
  look: ({ host }, report) => lookAtLimits(host, report),
};
