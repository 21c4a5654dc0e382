import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { run } from "./exec.ts";

/** A picture of kernel and disk: sections of sorted lines, comparable by `diff`. */
export type Snapshot = Readonly<Record<string, readonly string[]>>;

/** What a picture holds besides this process's network namespace. */
export interface SnapshotOptions {
  /** Directory trees whose names and contents belong to the picture. */
  readonly trees: readonly string[];
  /** Paths of further network namespaces (containers) whose links and addresses belong to it. */
  readonly namespaces?: readonly string[];
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** Keys that change by themselves, or that the kernel chooses anew each time. */
const VOLATILE = new Set(
  (
    "handle ifindex link_index address broadcast permaddr operstate stats stats64 xstats " +
    "valid_life_time preferred_life_time packets bytes tentative dynamic dadfailed " +
    "num_tx_queues num_rx_queues gso_max_size gso_max_segs tso_max_size tso_max_segs " +
    "gro_max_size gso_ipv4_max_size gro_ipv4_max_size inet6_addr_gen_mode parentbus " +
    "info_slave_data protodown_reason"
  ).split(" "),
);
const VOLATILE_FLAGS = new Set(["NO-CARRIER", "LOWER_UP", "linkdown", "dead"]);

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function alphabetically(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function steady(value: Json): Json {
  if (Array.isArray(value)) return value.map(steady);
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const part = value[key] ?? null;
    if (key === "flags" && Array.isArray(part)) {
      kept[key] = part
        .map(textOf)
        .filter((flag) => !VOLATILE_FLAGS.has(flag))
        .sort(alphabetically);
    } else if (!VOLATILE.has(key)) {
      kept[key] = steady(part);
    }
  }
  return kept;
}

async function answerOf(argv: readonly string[], stdin?: string): Promise<string> {
  const answer = await run(argv, stdin === undefined ? {} : { stdin });
  if (answer.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${answer.stderr.trim()}`);
  return answer.stdout.trim();
}

/** Asks several things of one `ip`, since starting programs is what a picture takes its time for. */
async function askIp(
  prefix: readonly string[],
  flags: readonly string[],
  commands: readonly string[],
): Promise<Json[][]> {
  const argv = [...prefix, "ip", "-j", "-d", ...flags, "-batch", "-"];
  const lines = (await answerOf(argv, commands.join("\n"))).split("\n");
  if (lines.length !== commands.length) throw new Error(`${argv.join(" ")}: ${lines.join(" ")}`);
  return lines.map((line) => JSON.parse(line) as Json[]);
}

function linkLine(link: Json): string {
  if (!isObject(link)) return JSON.stringify(link);
  const info = isObject(link["linkinfo"] ?? null) ? (link["linkinfo"] as JsonObject) : {};
  const { linkinfo: _, txqlen, ...rest } = link;
  return JSON.stringify(
    steady({ ...rest, txqlen: txqlen ?? null, kind: info["info_kind"] ?? null }),
  );
}

/** Addresses without the link-local ones, which the kernel makes by itself and at its own time. */
function addressLines(link: Json): string[] {
  if (!isObject(link) || !Array.isArray(link["addr_info"] ?? null)) return [];
  return (link["addr_info"] as JsonObject[])
    .filter((address) => !textOf(address["local"]).startsWith("fe80:"))
    .map((address) => {
      const words = [`${textOf(link["ifname"])}:`, textOf(address["local"])];
      return [...words, JSON.stringify(steady(address))].join(" ");
    });
}

function routeLines(routes: readonly Json[]): string[] {
  return routes
    .filter(isObject)
    .filter((route) => route["table"] !== "local" && !/^(fe80|ff00):/.test(textOf(route["dst"])))
    .map((route) => JSON.stringify(steady(route)));
}

/** As `ip` prints it without details. */
function ruleLine(rule: Json): string {
  if (!isObject(rule)) return JSON.stringify(rule);
  const { protocol: _, ...rest } = rule;
  return JSON.stringify(steady(rest));
}

async function kernelSections(prefix: readonly string[]): Promise<Record<string, string[]>> {
  const [
    [links = [], addresses = [], neighbours = []],
    [routes4 = [], rules4 = []],
    [routes6 = [], rules6 = []],
    qdiscs,
  ] = await Promise.all([
    askIp(prefix, [], ["link show", "address show", "neighbour show nud permanent"]),
    askIp(prefix, ["-4"], ["route show table all", "rule show"]),
    askIp(prefix, ["-6"], ["route show table all", "rule show"]),
    answerOf([...prefix, "tc", "-j", "qdisc", "show"]),
  ]);
  return {
    link: links.map(linkLine),
    address: addresses.flatMap(addressLines),
    route: routeLines([...routes4, ...routes6]),
    rule: [...rules4, ...rules6].map(ruleLine),
    neighbour: neighbours.map((neighbour) => JSON.stringify(steady(neighbour))),
    qdisc: (JSON.parse(qdiscs || "[]") as Json[])
      .filter(isMade)
      .map((qdisc) => JSON.stringify(steady(qdisc))),
  };
}

/** Not the one that the kernel gives every link, which follows from the link. */
function isMade(qdisc: Json): boolean {
  return isObject(qdisc) && qdisc["handle"] !== "0:";
}

async function ruleset(): Promise<JsonObject[]> {
  if (Bun.which("nft") === null) return [];
  const { nftables } = JSON.parse(await answerOf(["nft", "-j", "list", "ruleset"])) as {
    nftables: JsonObject[];
  };
  return nftables.filter((item) => !("metainfo" in item));
}

/** Programs that print rules, with the family of nftables in which those that write there have their tables. */
const SAVERS: readonly [program: string, family: string, legacy: string][] = [
  ["iptables-save", "ip", "/proc/net/ip_tables_names"],
  ["ip6tables-save", "ip6", "/proc/net/ip6_tables_names"],
  ["iptables-legacy-save", "", "/proc/net/ip_tables_names"],
];

/** The rules as each iptables program sees them; the nft ones stand in the ruleset too, less readably. */
async function iptablesLines(items: readonly JsonObject[]): Promise<string[]> {
  const families = items.map(({ table = null }) => isObject(table) && textOf(table["family"]));
  const hasNft = Bun.which("nft") !== null;
  const lines: string[] = [];
  for (const [program, family, legacy] of SAVERS) {
    // Without a table they print nothing.
    const mayPrint = families.includes(family) || (family !== "" && !hasNft) || !isEmpty(legacy);
    if (!mayPrint || Bun.which(program) === null) continue;
    const answer = await run([program]);
    let table = "";
    for (const line of answer.stdout.split("\n")) {
      if (line.startsWith("*")) {
        table = line.slice(1);
      } else if (line !== "" && line !== "COMMIT" && !line.startsWith("#")) {
        lines.push(`${program} ${table} ${line.replace(/\[\d+:\d+\]/g, "").trim()}`);
      }
    }
  }
  return lines;
}

/** Whether a file has nothing in it, or is not there. */
function isEmpty(path: string): boolean {
  try {
    return readFileSync(path, "utf8") === "";
  } catch {
    return true;
  }
}

const SYSCTLS = [
  "net/ipv4/ip_forward",
  "net/ipv6/conf/all/forwarding",
  ...["all", "default", "lo"].flatMap((link) =>
    ["route_localnet", "rp_filter", "arp_notify"].map((key) => `net/ipv4/conf/${link}/${key}`),
  ),
  ...["all", "default"].flatMap((link) =>
    ["accept_ra", "accept_dad", "disable_ipv6"].map((key) => `net/ipv6/conf/${link}/${key}`),
  ),
  "net/core/somaxconn",
];

function sysctlLines(): string[] {
  return SYSCTLS.flatMap((key) => {
    try {
      return [`${key} = ${readFileSync(`/proc/sys/${key}`, "utf8").trim()}`];
    } catch {
      return [];
    }
  });
}

/** The lock of the xtables programs is a shared file that only they make; it is no leak of a plugin. */
const NOT_A_LEAK = new Set(["/run/xtables.lock"]);

function fileLines(path: string): string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || NOT_A_LEAK.has(path)) return [];
  if (stat.isDirectory()) {
    const inside = readdirSync(path).sort();
    return [`${path}/`, ...inside.flatMap((name) => fileLines(join(path, name)))];
  }
  if (stat.isSymbolicLink()) return [`${path} -> ${readlinkSync(path)}`];
  if (!stat.isFile()) return [`${path} (special file)`];
  const mode = (stat.mode & 0o7777).toString(8);
  // What it says of reservations, they say themselves; it is written anew without a change of them.
  if (path.includes("/networks/.hawser/")) return [`${path} ${mode} (a register)`];
  try {
    return [`${path} ${mode} ${JSON.stringify(readFileSync(path, "utf8").slice(0, 4096))}`];
  } catch {
    return [`${path} (not readable: a namespace or the like)`];
  }
}

/** Takes the picture. */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const items = await ruleset();
  const sections: Record<string, string[]> = {
    ...(await kernelSections([])),
    nft: items.map((item) => JSON.stringify(steady(item))),
    iptables: await iptablesLines(items),
    sysctl: sysctlLines(),
    file: options.trees.flatMap(fileLines),
  };
  for (const path of options.namespaces ?? []) {
    const inside = await kernelSections(["nsenter", `--net=${path}`]);
    for (const [name, lines] of Object.entries(inside)) sections[`${path} ${name}`] = lines;
  }
  return sections;
}

/**
 * The difference as lines for people: `+ section: line` for what only the second picture has,
 * `- section: line` for what only the first has; empty when both are equal.
 */
export function diff(before: Snapshot, after: Snapshot): string[] {
  const out: string[] = [];
  for (const section of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = [...(before[section] ?? [])];
    const added: string[] = [];
    for (const line of after[section] ?? []) {
      const at = old.indexOf(line);
      if (at === -1) {
        added.push(`+ ${section}: ${line}`);
      } else {
        old.splice(at, 1);
      }
    }
    out.push(...old.map((line) => `- ${section}: ${line}`), ...added);
  }
  return out;
}
