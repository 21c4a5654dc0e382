import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "../support/exec.ts";
import type { Observation } from "./case.ts";

/** Reads the state of a host and its containers, with as few programs as will do. */

/** Between what two programs print. */
export const CUT = "@@";

const KEYS_4 = "rp_filter arp_notify route_localnet proxy_arp forwarding arp_filter arp_ignore";
const KEYS_6 = "accept_ra disable_ipv6 accept_dad forwarding ndisc_notify keep_addr_on_down";
const MORE = "ipv4/ip_forward ipv4/ip_default_ttl core/somaxconn";

const SYSCTLS = [
  ...KEYS_4.split(" ").map((key) => `ipv4/conf/*/${key}`),
  ...KEYS_6.split(" ").map((key) => `ipv6/conf/*/${key}`),
  MORE,
].join(" ");

/** Everything of one namespace. */
const SCRIPT = [
  "ip -j -d address show",
  "ip -4 -j -d route show table all",
  "ip -6 -j -d route show table all",
  "ip -4 -j rule show",
  "ip -6 -j rule show",
  "ip -j neighbour show nud permanent",
  "tc -j qdisc show",
  "bridge -j vlan show",
  `(cd /proc/sys/net; grep -s "" ${SYSCTLS})`,
].join(`; echo ${CUT}; `);

const TREES = ["/var/lib/cni", "/run/cni", "/etc/cni"];

/** Takes the picture; rules are looked at where something of the case could make some. */
export async function observe(
  containers: readonly string[],
  withRules: boolean,
): Promise<Observation> {
  const places: [name: string, prefix: string[]][] = [
    ["host", []],
    ...containers.map((name): [string, string[]] => {
      return [name, ["nsenter", `--net=/run/netns/${name}`, "--"]];
    }),
  ];
  const [texts, rules] = await Promise.all([
    Promise.all(places.map(([, prefix]) => textOf([...prefix, "sh", "-c", SCRIPT]))),
    withRules ? Promise.all([must(["nft", "-j", "list", "ruleset"]), iptables()]) : [],
  ]);
  const [nft = "", saved = ""] = rules;
  return {
    namespaces: Object.fromEntries(places.map(([name], index) => [name, texts[index] ?? ""])),
    ...{ nft, iptables: saved, files: TREES.flatMap(fileLines) },
  };
}

/** Not `must`: `grep` has an exit code of its own. */
async function textOf(argv: readonly string[]): Promise<string> {
  return (await run(argv)).stdout;
}

async function iptables(): Promise<string> {
  return await textOf(["sh", "-c", `iptables-save; echo ${CUT}; ip6tables-save`]);
}

function fileLines(path: string): string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isDirectory()) {
    return [
      `${path}/`,
      ...readdirSync(path)
        .sort()
        .flatMap((name) => fileLines(join(path, name))),
    ];
  }
  if (!stat.isFile()) return [`${path} (special file)`];
  const mode = (stat.mode & 0o7777).toString(8);
  return [`${path} ${mode} ${JSON.stringify(readFileSync(path, "utf8"))}`];
}
