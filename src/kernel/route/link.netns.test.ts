import { describe, expect, test } from "bun:test";
import { jsonIn, pairForEachTest, refused, runIn } from "../../../tests/support/route-pair.ts";
import { link, RouteSocket } from "./index.ts";

const pair = pairForEachTest();

describe("links", () => {
  test("ip sees a veth pair across namespaces as we made it", () => {
    const index = link.add(pair().inCont, {
      name: "eth0",
      kind: "veth",
      mtu: 1400,
      address: "02:00:00:00:00:01",
      txqlen: 77,
      peer: {
        name: "host0",
        mtu: 1300,
        address: "02:00:00:00:00:02",
        group: 9,
        netns: pair().host,
      },
    });
    expect(jsonIn(pair().cont, "ip -d -j link show dev eth0")).toMatchObject([
      { ifindex: index, mtu: 1400, address: "02:00:00:00:00:01", txqlen: 77, operstate: "DOWN" },
    ]);
    expect(jsonIn(pair().host, "ip -d -j link show dev host0")).toMatchObject([
      { mtu: 1300, address: "02:00:00:00:00:02", group: "9", linkinfo: { info_kind: "veth" } },
    ]);
    const peer = link.get(pair().onHost, { name: "host0" });
    expect(peer).toMatchObject({ kind: "veth", linkIndex: index, group: 9 });
    expect(peer?.linkNetnsId).toBeGreaterThanOrEqual(0);
  });

  test("ip sees bridge, port, flags, alias and names as we set them", () => {
    const index = pair().connect();
    link.set(pair().onHost, index.host, {
      alias: "made by us",
      promisc: true,
      allmulti: true,
      mtu: 1450,
    });
    link.setPort(pair().onHost, index.host, { hairpin: true, isolated: true, learning: false });
    link.addNames(pair().onHost, index.host, ["another-name-of-the-same-link"]);
    const [shown] = jsonIn(pair().host, "ip -d -j link show dev host0") as [
      Record<string, unknown>,
    ];
    expect(shown).toMatchObject({
      ifalias: "made by us",
      mtu: 1450,
      master: "br0",
      promiscuity: 2,
      altnames: ["another-name-of-the-same-link"],
      linkinfo: { info_slave_data: { hairpin: true, isolated: true, learning: false } },
    });
    expect(shown["flags"]).toEqual(expect.arrayContaining(["PROMISC", "ALLMULTI", "UP"]));
    const found = link.get(pair().onHost, { name: "another-name-of-the-same-link" });
    expect(found).toMatchObject({ index: index.host, altNames: ["another-name-of-the-same-link"] });
    link.deleteNames(pair().onHost, index.host, ["another-name-of-the-same-link"]);
    link.set(pair().onHost, index.host, { alias: "", promisc: false, master: 0 });
    const after = link.get(pair().onHost, index.host);
    expect([after?.alias, after?.master, after?.port, after?.altNames]).toEqual([
      undefined,
      undefined,
      undefined,
      [],
    ]);
  });

  test("settings of another kind are refused, whose numbers mean something else", () => {
    using socket = RouteSocket.open();
    const spec = { name: "br9", kind: "bridge", vrf: { table: 500 } };
    expect(() => link.add(socket, spec)).toThrow(
      "a link of kind bridge has no settings of kind vrf",
    );
    expect(link.get(socket, { name: "br9" })).toBeUndefined();
    const macvlan = { mode: "brdige" as "bridge" };
    expect(() => link.add(socket, { name: "m9", kind: "macvlan", linkIndex: 1, macvlan })).toThrow(
      '"brdige" is none of private, vepa, bridge, passthru',
    );
  });

  test("a name of which the kernel would make another is refused before a link is made", () => {
    const { onHost } = pair();
    for (const name of ["", "br%d"]) {
      expect(() => link.add(onHost, { name, kind: "bridge" })).toThrow("is no name of a link");
    }
    expect(link.list(onHost, { kind: "bridge" })).toEqual([]);
  });

  test("what ip made is read, and lists are narrowed", () => {
    runIn(pair().host, "ip link add name br7 type bridge forward_delay 300 mcast_snooping 0");
    runIn(pair().host, "ip link add name v7 type veth peer name w7");
    runIn(pair().host, "ip link set v7 master br7 up");
    runIn(pair().host, "bridge link set dev v7 hairpin on");
    const bridge = link.get(pair().onHost, { name: "br7" });
    expect(bridge).toMatchObject({
      kind: "bridge",
      bridge: { forwardDelay: 300, multicastSnooping: false, stp: false },
    });
    const ports = link.list(pair().onHost, { master: bridge?.index });
    expect(ports.map((l) => [l.name, l.port?.hairpin])).toEqual([["v7", true]]);
    const names = (kind: string): string[] => link.list(pair().onHost, { kind }).map((l) => l.name);
    expect(names("veth").sort()).toEqual(["v7", "w7"]);
    expect(names("bridge")).toEqual(["br7"]);
    expect(link.list(pair().onHost).map((l) => l.name)).toContain("lo");
  });

  test("a link moves to another namespace under another name", () => {
    const index = link.add(pair().onHost, { name: "move0", kind: "ifb" });
    link.set(pair().onHost, index, { netns: pair().cont, name: "moved1" });
    expect(link.get(pair().onHost, { name: "move0" })).toBeUndefined();
    expect(link.get(pair().inCont, { name: "moved1" })).toMatchObject({ kind: "ifb", up: false });
  });

  test("a macvlan has parent and mode, and its parent may be in another namespace", () => {
    const index = pair().connect();
    const netns = pair().cont;
    const made = link.add(pair().onHost, {
      name: "mac0",
      kind: "macvlan",
      linkIndex: index.bridge,
      netns,
      macvlan: { mode: "bridge" },
    });
    const found = link.get(pair().inCont, { name: "mac0" });
    expect(found).toMatchObject({ linkIndex: index.bridge, macvlan: { mode: "bridge" } });
    expect(made).toBe(found?.index ?? -1);
  });

  test("what is not there is undefined, and deleting takes the peer along", () => {
    const index = pair().connect();
    expect(link.get(pair().onHost, { name: "nothing" })).toBeUndefined();
    expect(link.get(pair().onHost, 4242)).toBeUndefined();
    link.delete(pair().inCont, { name: "eth0" });
    expect(link.get(pair().onHost, index.host)).toBeUndefined();
    expect(refused(() => link.delete(pair().inCont, { name: "eth0" })).code).toBe("ENODEV");
  });

  test("links of a group go at once", () => {
    for (const name of ["a0", "b0", "c0"]) {
      link.add(pair().onHost, { name, kind: "veth", group: 77, peer: { name: `${name}p` } });
    }
    link.deleteGroup(pair().onHost, 77);
    expect(link.list(pair().onHost, { kind: "veth" })).toEqual([]);
  });

  test("three hundred links are listed whole", () => {
    const specs = Array.from({ length: 150 }, (_, n) =>
      link.newMessage({ name: `v${n}`, kind: "veth", peer: { name: `w${n}` } }),
    );
    pair().onHost.batch(specs);
    const names = new Set(link.list(pair().onHost, { kind: "veth" }).map((l) => l.name));
    expect(names.size).toBe(300);
    link.delete(pair().onHost, { name: "v0" });
  });
});
