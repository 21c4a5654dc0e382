import type { FakeLink } from "./link.ts";
import type { FakeEntry, FakeNetns } from "./netns.ts";
import type { TableRow } from "./rows.ts";

/** linux/rtnetlink.h */
const RTA_DST = 1;

/** All that a namespace has, so that two of them can be compared. */
export interface NetnsSnapshot {
  readonly links: readonly object[];
  readonly addresses: readonly object[];
  readonly routes: readonly object[];
  readonly rules: readonly object[];
  readonly neighbours: readonly object[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly nftables: readonly object[];
}

/** @param layouts False leaves out of nftables all but the elements of sets. */
export function snapshotOf(netns: FakeNetns, layouts: boolean): NetnsSnapshot {
  const links = [...netns.links.values()].sort((a, b) => a.index - b.index);
  const sysctls = [...netns.sysctls].filter(
    ([path, value]) => value !== "0" && netns.sysctl(path) !== undefined,
  );
  return {
    links: links.map(linkOf),
    addresses: netns.addresses.map(({ index, family, prefixLength, local }) => {
      return { index, family, prefixLength, local: local.toHex() };
    }),
    routes: netns.routes.toSorted(byDestination).map(entryOf),
    rules: netns.rules.toSorted(byFamily).map(entryOf),
    neighbours: netns.neighbours.map(entryOf),
    sysctls: Object.fromEntries(sysctls.toSorted(([a], [b]) => a.localeCompare(b))),
    nftables: netns.ruleset.tables.flatMap(layouts ? tableOf : elementsOf),
  };
}

function linkOf(link: FakeLink): object {
  const { index, name, kind, flags, mtu, address, alias, txqlen, group, altNames } = link;
  return {
    ...{ index, name, kind, flags, mtu, alias, txqlen, group, altNames: [...altNames] },
    address: address.toHex(),
    master: link.master?.index,
    peer: link.peer?.index,
    data: hexOf(link.data),
    port: hexOf(link.port),
    vlans: Object.fromEntries(link.vlans),
  };
}

/** The order of routes counts among those to one destination alone. */
function byDestination(a: FakeEntry, b: FakeEntry): number {
  return destinationOf(a).localeCompare(destinationOf(b));
}

function destinationOf({ header, attributes }: FakeEntry): string {
  return `${header.subarray(0, 2).toHex()} ${attributes.get(RTA_DST)?.toHex() ?? ""}`;
}

/** Each family has a list of its own. */
function byFamily(a: FakeEntry, b: FakeEntry): number {
  return (a.header[0] ?? 0) - (b.header[0] ?? 0);
}

function entryOf({ header, attributes }: FakeEntry): object {
  return { header: header.toHex(), attributes: hexOf(attributes) };
}

/** Handles are left out: what is made anew has another one. */
function tableOf(table: TableRow): object[] {
  const { family, name, chains, sets } = table;
  const shown = chains.map(({ name: chain, attributes, rules }) => {
    return { chain, is: hexOf(attributes), rules: rules.map((rule) => hexOf(rule.attributes)) };
  });
  return [{ family, name, chains: shown, sets: sets.map((set) => set.name) }, ...elementsOf(table)];
}

function elementsOf({ name: table, sets }: TableRow): object[] {
  return sets.flatMap(({ name: set, elements }) =>
    elements.map((element) => ({ table, set, ...hexOf(element) })),
  );
}

function hexOf(attributes: ReadonlyMap<number, Uint8Array>): Readonly<Record<string, string>> {
  return Object.fromEntries([...attributes].map(([type, value]) => [type, value.toHex()]));
}
