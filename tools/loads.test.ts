import { describe, expect, test } from "bun:test";
import { loadedWith, loadsOf } from "./loads.ts";
import { readSources } from "./sources.ts";

const sources = new Map((await readSources(["src"])).map((source) => [source.path, source]));

/** The rooms of the kernel that come with a plugin. */
function kernelRooms(plugin: string): string[] {
  const rooms = [...loadedWith(`src/plugins/${plugin}/index.ts`, sources)].flatMap(
    (path) => /^src\/kernel\/[^/]+/u.exec(path)?.[0] ?? [],
  );
  return [...new Set(rooms)].sort();
}

test("imports of types, and imports at run time, load nothing", () => {
  const source = `
    import "a";
    import type { B } from "b";
    import { type C } from "c";
    import { d, type D } from "d";
    export * from "e";
    export type { F } from "f";
    export { type G, g } from "g";
    const h = await import("h");
  `;
  expect(loadsOf("x.ts", source).sort()).toEqual(["a", "d", "e", "g"]);
});

test("what is loaded is followed", () => {
  expect(kernelRooms("portmap")).toContain("src/kernel/nftables");
});

describe("a plugin without rules does not load nftables", () => {
  const names = [
    ...[
      "cluster",
      "dhcp",
      "dummy",
      "host-device",
      "host-local",
      "ipvlan",
      "loopback",
      "macvlan",
      "sbr",
    ],
    ...["static", "tap", "tuning", "vlan", "vrf"],
  ];
  test.each(names)("%s", (name) => {
    expect(kernelRooms(name)).not.toContain("src/kernel/nftables");
  });
});

describe("a plugin that makes no pair of links does not load how they are made", () => {
  test.each(["firewall", "loopback", "portmap", "sbr", "tuning"])("%s", (name) => {
    const loaded = [...loadedWith(`src/plugins/${name}/index.ts`, sources)];
    expect(loaded.filter((path) => path.startsWith("src/state/veth/"))).toEqual([]);
  });
});

describe("a plugin of files alone loads nothing that opens a socket", () => {
  const opening = ["netlink", "route", "nftables", "conntrack", "netns"].map(
    (room) => `src/kernel/${room}`,
  );
  test.each(["cluster", "host-local", "static"])("%s", (name) => {
    expect(kernelRooms(name).filter((room) => opening.includes(room))).toEqual([]);
  });
});

test("an ADD with addresses at hand loads neither engines nor what decides who holds what", () => {
  const loaded = [...loadedWith("src/plugins/cluster/index.ts", sources)];
  const heavy = /^src\/(?:store|fleet\/(?!serving\/)|cluster\/(?:member|store|waiting)\/)/u;
  expect(loaded.filter((path) => heavy.test(path))).toEqual([]);
});
