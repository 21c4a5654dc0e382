import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Nftables } from "../../src/kernel/nftables/index.ts";
import { address, link, RouteSocket, route } from "../../src/kernel/route/index.ts";
import { readSysctl } from "../../src/kernel/sysctl/index.ts";
import { STATE_TREES } from "./host.ts";

/** Everything of the host that a plugin or the runtime could leave behind, a line each. */
export type Picture = ReadonlySet<string>;

const SYSCTLS = ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"];

/** The demo's own link to the outside, whose IPv6 routes the kernel makes when it likes. */
const SCENERY = / on uplink\b/;

/** Looks at kernel and disk. */
export function takePicture(): Picture {
  const lines = [...links(), ...nftables(), ...files(), ...sysctls()];
  return new Set(lines.filter((line) => !SCENERY.test(line)));
}

/** What is in the second picture and not in the first. */
export function added(before: Picture, after: Picture): string[] {
  return [...after].filter((line) => !before.has(line));
}

function links(): string[] {
  using socket = RouteSocket.open();
  const all = link.list(socket);
  const names = new Map(all.map(({ index, name }) => [index, name]));
  const nameOf = (index: number | undefined): string => names.get(index ?? 0) ?? `${index}`;
  return [
    ...all.map(({ name, kind }) => `link ${name}, ${kind ?? "hardware"}`),
    ...all.flatMap(({ name, master }) =>
      master === undefined ? [] : [`port ${name} of ${nameOf(master)}`],
    ),
    ...address.list(socket).map(({ index, prefix }) => `address ${prefix} on ${nameOf(index)}`),
    ...route.list(socket).map(({ dst, index, gateway, table, type }) => {
      const via = gateway === undefined ? "" : ` via ${gateway}`;
      return `route ${dst}${via} on ${nameOf(index)}, table ${table}, type ${type}`;
    }),
  ];
}

function nftables(): string[] {
  using nft = Nftables.open();
  const lines: string[] = [];
  for (const { family, name } of nft.listTables()) {
    const table = `${family} ${name}`;
    lines.push(`nft table ${table}`);
    for (const chain of nft.listChains(family, name)) {
      lines.push(`nft chain ${chain.name} in ${table}`);
      for (const rule of nft.listRules(family, name, chain.name)) {
        lines.push(`nft rule ${rule.handle} of ${chain.name} in ${table}`);
      }
    }
    for (const set of nft.listSets(family, name)) {
      lines.push(`nft set ${set.name} in ${table}`);
      for (const { key } of nft.listElements(family, name, set.name)) {
        lines.push(`nft element ${Buffer.from(key).toString("hex")} of ${set.name} in ${table}`);
      }
    }
  }
  return lines;
}

function files(): string[] {
  return STATE_TREES.flatMap((tree) =>
    readdirSync(tree, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => `file ${join(entry.parentPath, entry.name)}`),
  );
}

function sysctls(): string[] {
  return SYSCTLS.map((key) => `sysctl ${key} = ${readSysctl(key)}`);
}

/** What may stay behind, since it is shared by all containers of a network, and why. */
const SHARED: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:link cni\d+, bridge|(?:address|route) .* on cni\d+\b)/,
    "the empty bridge, with its gateway",
  ],
  [/^nft (?:table|chain|rule|set) .*\binet hawser_\w+$/, "nftables tables without an element"],
  [/^file .*\/networks\/[\w-]+\/(?:lock|last_reserved_ip\.\d+)$/, "host-local's lock and marks"],
  [/^file .*\/networks\/\.hawser\/[\w-]+$/, "host-local's register"],
  [/^sysctl .*forward\w* = 1$/, "forwarding, switched on for gateways"],
];

/** Divides what is left into what is shared by design (the reasons) and what must not be there. */
export function judge(left: readonly string[]): { shared: string[]; stray: string[] } {
  const reasons = left.map((line) => SHARED.find(([pattern]) => pattern.test(line))?.[1]);
  return {
    shared: [...new Set(reasons.filter((reason) => reason !== undefined))],
    stray: left.filter((_, index) => reasons[index] === undefined),
  };
}
