import { readdirSync } from "node:fs";
import { must } from "../support/exec.ts";

/** Everything that can be taken away from, or turned round in, what stands in a kernel now. */

export interface Damage {
  /** The same for the same thing after another ADD. */
  readonly what: string;
  readonly argv: readonly string[];
  readonly stdin?: string;
}

interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly promiscuity?: number;
  readonly link_type?: string;
  readonly addr_info?: readonly { local: string; prefixlen: number; peer?: string }[];
}

/** What can be done to the host (no name) or to a namespace of this name. */
export async function damagesOf(netns?: string): Promise<Damage[]> {
  const at = netns === undefined ? "host" : "container";
  const inside = netns === undefined ? [] : ["-n", netns];
  const there = async (...words: string[]): Promise<string> => must(["ip", ...inside, ...words]);
  const did = (...words: string[]): Damage => {
    return { what: `${at}: ${words.join(" ").trim()}`, argv: ["ip", ...inside, ...words] };
  };
  const links = JSON.parse((await there("-j", "-d", "address")) || "[]") as Link[];
  const damages = links.flatMap((link) => linkDamages(link).map((words) => did(...words)));
  for (const family of ["-4", "-6"]) {
    for (const line of lines(await there(family, "route", "show", "table", "all"))) {
      if (isOfKernel(line)) continue;
      const words = line.replace(/ (linkdown|dead|pref medium)\b/g, "").split(/ +/);
      damages.push(did(family, "route", "delete", ...words));
    }
    for (const line of lines(await there(family, "rule", "show"))) {
      const [, preference = "", words = ""] = /^(\d+):\s+(.*)$/.exec(line) ?? [];
      // The kernel's own, also the one that the first VRF brings and that stays.
      const own = /lookup (local|main|default|\[l3mdev-table\])$/;
      if (own.test(line) && /^from all/.test(words)) continue;
      damages.push(did(family, "rule", "delete", ...words.split(" "), "pref", preference));
    }
  }
  return [...damages, ...(await qdiscDamages(at, inside))];
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Routes that come and go with addresses and links. */
function isOfKernel(line: string): boolean {
  return /^(local|broadcast|multicast|anycast) |proto kernel|^fe80:|^ff00:/.test(line);
}

function linkDamages(link: Link): string[][] {
  const { ifname: name, addr_info: addresses = [], link_type: type } = link;
  const set = ["link", "set", "dev", name];
  return [
    ...addresses
      .filter(({ local }) => !local.startsWith("fe80:"))
      .map(({ local, prefixlen }) => ["address", "delete", `${local}/${prefixlen}`, "dev", name]),
    ...(link.flags.includes("UP") ? [[...set, "down"]] : []),
    ...(name === "lo" ? [] : [["link", "delete", "dev", name]]),
    ...(type === "ether" ? [[...set, "address", "02:99:99:99:99:99"]] : []),
    ...(name === "lo" ? [] : [[...set, "mtu", "1291"]]),
    ...(link.master === undefined ? [] : [[...set, "nomaster"]]),
    ...((link.promiscuity ?? 0) > 0 && link.flags.includes("PROMISC")
      ? [[...set, "promisc", "off"]]
      : []),
    ...(link.flags.includes("ALLMULTI") ? [[...set, "allmulticast", "off"]] : []),
  ];
}

async function qdiscDamages(at: string, inside: readonly string[]): Promise<Damage[]> {
  const text = await must(["tc", ...inside, "-j", "qdisc", "show"]);
  const all = JSON.parse(text.trim() || "[]") as {
    kind: string;
    handle: string;
    dev: string;
    root?: boolean;
  }[];
  return all
    .filter(({ handle }) => handle !== "0:")
    .map(({ kind, dev, root }) => {
      const words = ["qdisc", "delete", "dev", dev, root === true ? "root" : kind];
      return { what: `${at}: ${words.join(" ")}`, argv: ["tc", ...inside, ...words] };
    });
}

interface NftObject {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly chain?: string;
  readonly handle?: number;
  readonly elem?: readonly unknown[];
}

const COUNTED = /"counter":\{[^}]*\}/g;

/** Each rule, and each element of each set and map. */
export async function nftDamages(): Promise<Damage[]> {
  if (Bun.which("nft") === null) return [];
  const { nftables } = JSON.parse(await must(["nft", "-j", "list", "ruleset"])) as {
    nftables: Readonly<Record<string, NftObject>>[];
  };
  return nftables.flatMap((item) => {
    const { rule } = item;
    if (rule !== undefined) {
      const { family, table, chain, handle, ...rest } = rule;
      const text = JSON.stringify({ family, table, chain, ...rest }).replace(COUNTED, "");
      return [nft(`rule ${text}`, "rule", { family, table, chain, handle })];
    }
    const set = item["set"] ?? item["map"];
    const { family, table, name, elem = [] } = set ?? { family: "", table: "", name: "" };
    return elem.map((each) => {
      const words = `element of ${table} ${name} ${JSON.stringify(each)}`;
      return nft(words, "element", { family, table, name, elem: [keyOf(each)] });
    });
  });
}

/** An element without its comment and what it maps to. */
function keyOf(element: unknown): unknown {
  const [key] = Array.isArray(element) ? (element as unknown[]) : [element];
  const inner = (key as { elem?: { val: unknown } } | null)?.elem;
  return typeof key === "object" && inner !== undefined ? inner.val : key;
}

function nft(what: string, kind: string, object: object): Damage {
  const stdin = JSON.stringify({ nftables: [{ delete: { [kind]: object } }] });
  return { what: `host: nft delete ${what}`, argv: ["nft", "-j", "-f", "-"], stdin };
}

/** Each address that host-local has reserved. */
export function reservationDamages(dir = "/var/lib/cni/networks"): Damage[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[\da-f.:]+$/i.test(entry.name))
    .map(({ parentPath, name }) => {
      return { what: `host: rm ${name}`, argv: ["rm", `${parentPath}/${name}`] };
    });
}
