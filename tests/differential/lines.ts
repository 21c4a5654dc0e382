import type { Observation, PluginAnswer } from "./case.ts";
import { CUT } from "./observe.ts";

/**
 * Answers and state as short lines, one a fact, without what is chosen anew each time: so that two
 * hosts can be compared line by line, and a difference can be named.
 */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Members = { readonly [key: string]: Json };

/** Names and numbers that implementations choose: MACs but those that cases ask for, and links. */
function masked(text: string): string {
  return text
    .replaceAll(
      /(?<![0-9a-f:])(?!c2:11:22:33:44|02:00:00:00)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9a-f:])/g,
      "MAC",
    )
    .replaceAll(/\bveth[0-9a-f]{8}\b/g, "VETH")
    .replaceAll(/\bbwp[0-9a-f]{10,12}\b/g, "IFB");
}

function isMembers(value: Json | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every value within, with its path. */
function flat(value: Json, path: string): string[] {
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    if (items.length === 0) return [`${path} = []`];
    return items.flatMap((item, index) => flat(item, `${path}.${index}`));
  }
  if (!isMembers(value)) return [`${path} = ${JSON.stringify(value)}`];
  const entries = Object.entries(value);
  if (entries.length === 0) return [`${path} = {}`];
  return entries.flatMap(([key, item]) => flat(item, `${path}.${key}`));
}

/** What was said when a plugin failed: code, message and details. */
export function saidBy({ stdout, stderr, exitCode }: PluginAnswer): string {
  try {
    const { code, msg, details } = JSON.parse(stdout) as Members;
    const parts = [code, msg, details].filter((part) => part !== undefined && part !== "");
    return parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" ");
  } catch {
    const [error] = /^Error: .*$/m.exec(stderr) ?? [];
    return (
      error ??
      `no error object (exit code ${exitCode}): ${stdout.slice(0, 200)}${stderr.slice(0, 200)}`
    );
  }
}

function codeOf(answer: PluginAnswer): string {
  return saidBy(answer).split(" ")[0] ?? "";
}

/** An answer; its words belong to it where the other side did not fail. */
export function answerLines(answer: PluginAnswer, isWordy: boolean): string[] {
  const { type, exitCode, stdout } = answer;
  const start = `answer ${type}`;
  if (exitCode !== 0 && isWordy) return [`${start}: failed: ${saidBy(answer)}`];
  if (exitCode !== 0) return [`${start}: failed`, `${start}: code ${codeOf(answer)}`];
  if (stdout.trim() === "") return [`${start}: done`];
  return [`${start}: done`, ...flat(JSON.parse(stdout) as Json, start).map(masked)];
}

/** The state in lines. */
export function stateLines(state: Observation): string[] {
  return [
    ...Object.entries(state.namespaces).flatMap(([name, text]) => namespaceLines(name, text)),
    ...nftLines(state.nft),
    ...iptablesLines(state.iptables),
    ...state.files.flatMap(fileLines),
  ]
    .filter((line) => !isOurMark(line))
    .sort();
}

/** The marks of ours on links, tables and files of its own, which others do not look at. */
const MARKS = [
  / ifalias \S+ id-c\d \S+$/,
  /^nft .*"(table|name)":"hawser_\w+"/,
  /^file \/var\/lib\/cni\/\w+\/\.(hawser|tmp)\//,
];

function isOurMark(line: string): boolean {
  return MARKS.some((mark) => mark.test(line));
}

/** Without directories, and without what ours adds to tuning's notes, which Go overlooks (D60). */
function fileLines(line: string): string[] {
  if (line.endsWith("/")) return [];
  if (line.startsWith("/var/lib/cni/results/")) return cacheLines(line);
  const note = /^(\/run\/cni\/tuning\/\S+) \d+ (".*")$/.exec(line);
  if (note === null) return [`file ${masked(line)}`];
  const { hawser: _own, ...rest } = JSON.parse(JSON.parse(note[2] ?? "") as string) as Members;
  // A note of sysctls alone is ours alone.
  if (Object.keys(rest).length === 0) return [];
  return [`file ${note[1]} ${masked(facts(rest))}`];
}

/** What a runtime remembers: all but the configuration, which libcni keeps as text (D22), and what only ours notes. */
function cacheLines(line: string): string[] {
  const [, path = "", text = ""] = /^(\S+) \d+ (".*")$/.exec(line) ?? [];
  const {
    config: _config,
    hawser: _own,
    ...rest
  } = JSON.parse(JSON.parse(text) as string) as Members;
  return flat(rest, `file ${path}`).map(masked);
}

function namespaceLines(name: string, text: string): string[] {
  const parts = text.split(`${CUT}\n`);
  const json = (index: number): readonly Members[] => {
    const part = parts[index]?.trim() ?? "";
    return part === "" ? [] : (JSON.parse(part) as readonly Members[]).filter(isLink);
  };
  const lines = [
    ...json(0).flatMap(linkLines),
    ...[...json(1), ...json(2)].flatMap(routeLines),
    ...[...json(3), ...json(4)].map((rule) => `rule ${facts(rule)}`),
    ...json(5).map(({ dst, dev, lladdr }) => `neighbour ${facts({ dst, dev, lladdr } as Members)}`),
    ...json(6)
      .filter(({ handle }) => handle !== "0:")
      .flatMap(qdiscLines),
    ...json(7).map((entry) => `vlan ${facts(entry)}`),
    ...(parts[8] ?? "")
      .split("\n")
      .filter(Boolean)
      .map((line) => `sysctl ${line}`),
  ];
  return lines.map((line) => `${name} ${masked(line)}`);
}

/** Older releases of ip print an empty object for what does not match. */
function isLink(value: Members): boolean {
  return Object.keys(value).length > 0;
}

function facts(members: Members): string {
  return Object.keys(members)
    .sort()
    .map((key) => `${key}=${textOf(members[key])}`)
    .join(" ");
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** What the kernel says of itself or chooses. */
const LINK_LEFT_OUT = new Set(
  (
    "ifindex link_index addr_info operstate broadcast permaddr min_mtu max_mtu num_tx_queues " +
    "num_rx_queues gso_max_size gso_max_segs tso_max_size tso_max_segs gro_max_size ifname flags " +
    "gso_ipv4_max_size gro_ipv4_max_size parentbus parentdev linkinfo link_netnsid qdisc altnames " +
    "inet6_addr_gen_mode promiscuity allmulti"
  ).split(" "),
);
const FLAGS_LEFT_OUT = new Set(["NO-CARRIER", "LOWER_UP", "M-DOWN", "LOOPBACK", "BROADCAST"]);
/** Properties of a bridge or its port that plugins set. */
const INFO_KEPT = new Set(
  (
    "vlan_filtering vlan_default_pvid stp_state group_fwd_mask mcast_snooping hairpin isolated " +
    "learning flood neigh_suppress id mode flags table type multi_queue persist user group pi vnet_hdr " +
    "bcqueuelen protocol"
  ).split(" "),
);

function linkLines(link: Members): string[] {
  const name = textOf(link["ifname"]);
  const info = isMembers(link["linkinfo"]) ? link["linkinfo"] : {};
  const own = Object.entries(link).filter(([key]) => !LINK_LEFT_OUT.has(key));
  const flags = ((link["flags"] ?? []) as readonly string[]).filter((f) => !FLAGS_LEFT_OUT.has(f));
  return [
    ...own.map(([key, value]) => `${key} ${textOf(value)}`),
    ...flags.map((flag) => `flag ${flag}`),
    ...infoLines("kind", info["info_kind"], info["info_data"]),
    ...infoLines("slave", info["info_slave_kind"], info["info_slave_data"]),
    ...((link["addr_info"] ?? []) as readonly Members[]).flatMap(addressLines),
  ].map((line) => `link ${name} ${line}`);
}

function infoLines(what: string, kind: Json | undefined, data: Json | undefined): string[] {
  if (kind === undefined) return [];
  const kept = Object.entries(isMembers(data) ? data : {}).filter(([key]) => INFO_KEPT.has(key));
  return [`${what} ${textOf(kind)}`, ...kept.map(([key, value]) => `${key} ${textOf(value)}`)];
}

const ADDRESS_LEFT_OUT = new Set(
  "family valid_life_time preferred_life_time tentative dynamic protocol label".split(" "),
);
const ADDRESS_FLAGS = ["nodad", "noprefixroute"];

/** Without the link-local ones, which the kernel makes at its own time. */
function addressLines(address: Members): string[] {
  const { local, prefixlen, ...rest } = address;
  if (textOf(local).startsWith("fe80:")) return [];
  const start = `address ${textOf(local)}/${textOf(prefixlen)}`;
  const kept = Object.entries(rest).filter(
    ([key]) => !ADDRESS_LEFT_OUT.has(key) && !ADDRESS_FLAGS.includes(key),
  );
  const flags = ADDRESS_FLAGS.filter((flag) => rest[flag] === true);
  return [
    `${start} ${facts(Object.fromEntries(kept))}`,
    ...flags.map((flag) => `${start} flag ${flag}`),
  ];
}

function routeLines(route: Members): string[] {
  const { flags = [], metrics, ...rest } = route;
  if (rest["table"] === "local" || /^(fe80|ff00):/.test(textOf(rest["dst"]))) return [];
  const kept = (flags as readonly string[]).filter((flag) => !/^(linkdown|dead)$/.test(flag));
  const line = `route ${facts({ table: "main", ...rest, flags: kept })}`;
  return metrics === undefined ? [line] : [line, `${line} metrics ${textOf(metrics)}`];
}

function qdiscLines(qdisc: Members): string[] {
  const { refcnt: _refcnt, ...rest } = qdisc;
  return [`qdisc ${facts(rest)}`];
}

/** The rules of nft itself; those of iptables come from iptables-save. */
function nftLines(text: string): string[] {
  if (text === "") return [];
  const { nftables } = JSON.parse(text) as { readonly nftables: readonly Members[] };
  return nftables
    .filter(
      (item) =>
        !("metainfo" in item) && !/"(table|name)":"(nat|filter|mangle)"/.test(JSON.stringify(item)),
    )
    .map(
      (item) =>
        `nft ${masked(JSON.stringify(item)).replaceAll(/"(handle|packets|bytes)":\d+,?/g, "")}`,
    );
}

function iptablesLines(text: string): string[] {
  const [four = "", six = ""] = text.split(`${CUT}\n`);
  const of = (program: string, saved: string): string[] => {
    let table = "";
    return saved.split("\n").flatMap((line) => {
      if (line.startsWith("*")) table = line.slice(1);
      // The chains of the kernel's hooks are there as soon as a program has looked for them.
      if (!/^(:|-A)/.test(line) || /^:[A-Z]+ ACCEPT/.test(line)) return [];
      return [`${program} ${table} ${masked(line.replaceAll(/ ?\[\d+:\d+\]/g, ""))}`];
    });
  };
  return [...of("iptables", four), ...of("ip6tables", six)];
}
