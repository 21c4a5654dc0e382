import { expect, test } from "bun:test";
import { drift, madeNode } from "../fixture/node.ts";
import type { MapFacts } from "../graph/index.ts";
import { mapOf } from "../graph/index.ts";
import { pathOf } from "./index.ts";

const web = madeNode([{ name: "web", plugin: "bridge", count: 2 }]);
const texts = (facts: MapFacts, asked: string): string[] => {
  const map = mapOf(facts);
  const { steps, broken } = pathOf(map, asked);
  const edges = new Set(map.edges.map(({ id }) => id));
  for (const { edge } of steps) if (edge !== undefined) expect(edges.has(edge)).toBeTrue();
  return [
    ...steps.map(({ node, text }) => `${node}: ${text}`),
    ...(broken === undefined ? [] : [`BROKEN: ${broken}`]),
  ];
};

test("a port leads through host, bridge and pair into the container", () => {
  const way = [
    "outside:all: a connection to tcp port 8000 of 192.0.2.10",
    "uplink:eth0: arrives on eth0",
    "port:tcp/8000 to 10.1.0.2:80: DNAT to 10.1.0.2:80",
    "host:this: node1 forwards it to br-web",
    "bridge:br-web: the bridge br-web passes it to its port v0x0",
    "link:v0x0: goes through the pair v0x0 to eth0",
    "namespace:/run/netns/web-c0: arrives on eth0, which has 10.1.0.2",
  ];
  for (const asked of ["8000", "tcp 8000", "8000/tcp", "port:tcp/8000 to 10.1.0.2:80"]) {
    expect(texts(web, asked)).toEqual(way);
  }
  expect(texts(web, "udp 8000")).toEqual(["BROKEN: that port of the host leads to no container"]);
});

test("an address leads out, masqueraded", () => {
  expect(texts(web, "10.1.0.2")).toEqual([
    "namespace:/run/netns/web-c0: web-c0 sends from 10.1.0.2 on eth0",
    "link:v0x0: comes out of the pair at v0x0",
    "bridge:br-web: v0x0 is a port of the bridge br-web, which is the gateway 10.1.0.1/16",
    "host:this: node1 forwards it to eth0, masqueraded as 192.0.2.10",
    "uplink:eth0: leaves by eth0, default via 192.0.2.1",
    "outside:all: arrives with the address 192.0.2.10",
  ]);
});

test("an address that is not masqueraded, and one of which that is not known", () => {
  const plain = { ...web, host: { ...web.host, masqueraded: [] } };
  expect(texts(plain, "10.1.0.2")[3]).toEndWith("it is not masqueraded");
  const { masqueraded: _, ...unknown } = web.host;
  expect(texts({ ...web, host: unknown }, "10.1.0.2")[3]).toBe(
    "host:this: node1 forwards it to eth0",
  );
});

test("a macvlan leaves by its parent, and the host cannot reach it", () => {
  const lan = madeNode([{ name: "lan", plugin: "macvlan", count: 1 }]);
  expect(texts(lan, "10.1.0.2")).toEqual([
    "namespace:/run/netns/lan-c0: lan-c0 sends from 10.1.0.2 on eth0",
    "uplink:eth0: the macvlan eth0 stands on the host's eth0: the host takes no part",
    "outside:all: arrives with its own address 10.1.0.2",
  ]);
  const [owner] = lan.attachments;
  const port = { hostPort: 80, containerPort: 80, protocol: "tcp", address: "10.1.0.2" };
  const ports = [{ ...port, ...owner, state: "mapped" as const, sources: [] }];
  expect(texts({ ...lan, ports }, "80").at(-1)).toBe(
    "BROKEN: the host itself has no way to 10.1.0.2: its interface stands on eth0",
  );
});

test("it is broken where the host does not forward, has no way out, or a link is down", () => {
  const deaf = { ...web, host: { ...web.host, unforwarded: [4 as const] } };
  const said = "BROKEN: the host does not forward IPv4: net.ipv4.ip_forward is 0";
  expect(texts(deaf, "8000").at(-1)).toBe(said);
  expect(texts(deaf, "10.1.0.2").at(-1)).toBe(said);
  const alone = { ...web, host: { ...web.host, defaultRoutes: [] } };
  expect(texts(alone, "10.1.0.2").at(-1)).toBe("BROKEN: the host has no default route of IPv4");
  const down = (name: string): MapFacts => ({
    ...web,
    links: web.links.map((link) => (link.name === name ? { ...link, up: false } : link)),
  });
  for (const name of ["v0x0", "br-web"]) {
    expect(texts(down(name), "8000").at(-1)).toBe(`BROKEN: ${name} is down`);
    expect(texts(down(name), "10.1.0.2").at(-1)).toBe(`BROKEN: ${name} is down`);
  }
  expect(texts(down("eth0"), "10.1.0.2").at(-1)).toBe("BROKEN: eth0 is down");
  // No step says that the packet comes further than that.
  expect(texts(down("v0x0"), "8000").slice(3)).toEqual([
    "host:this: node1 forwards it to br-web",
    "bridge:br-web: the bridge br-web has it for v0x0",
    "link:v0x0: comes to its port v0x0",
    "BROKEN: v0x0 is down",
  ]);
  expect(texts(down("br-web"), "8000").slice(3)).toEqual([
    "host:this: node1 forwards it to br-web",
    "bridge:br-web: comes to br-web",
    "BROKEN: br-web is down",
  ]);
});

test("it is broken where the port waits, and where the container is gone", () => {
  const [port] = web.ports;
  if (port === undefined) throw new Error("a port was made");
  const waiting = { ...web, ports: [{ ...port, state: "waiting" as const }] };
  expect(texts(waiting, "8000").at(-1)).toBe("BROKEN: another container has the port");
  const [one, ...others] = web.attachments;
  if (one === undefined) throw new Error("one was made");
  const finding = { ...drift("netns-gone", "its namespace is gone"), state: "orphan" as const };
  const gone = {
    ...one,
    netnsState: "gone" as const,
    state: "orphan" as const,
    findings: [finding],
  };
  const facts = { ...web, attachments: [gone, ...others] };
  expect(texts(facts, "10.1.0.2").at(-1)).toBe("BROKEN: its namespace is gone");
});

test("a mapping of each family: the IPv4 one, and the other in words", () => {
  const [port] = web.ports;
  if (port === undefined) throw new Error("a port was made");
  const map = mapOf({ ...web, ports: [{ ...port, address: "fd00::2" }, port] });
  const { steps, also } = pathOf(map, "8000");
  expect(steps[2]?.text).toBe("DNAT to 10.1.0.2:80");
  expect(also).toEqual(["tcp 8000 [fd00::2]:80: mapped as well"]);
});

test("a port of one address of the host, or of one family, is not another's", () => {
  const [port] = web.ports;
  if (port === undefined) throw new Error("a port was made");
  const inner = { ...port, hostIP: "192.0.2.10", address: "10.1.0.3" };
  const map = mapOf({ ...web, ports: [port, { ...port, address: "fd00::2" }, inner] });
  const target = (asked: string): string | undefined => {
    const { steps, broken } = pathOf(map, asked);
    return steps.find(({ node }) => node.startsWith("port:"))?.text ?? broken;
  };
  expect(target("192.0.2.10:8000")).toBe("DNAT to 10.1.0.3:80, for packets to 192.0.2.10 alone");
  expect(target("192.0.2.99:8000/tcp")).toBe("DNAT to 10.1.0.2:80");
  expect(target("tcp 0.0.0.0:8000")).toBe("DNAT to 10.1.0.2:80");
  expect(target("[::]:8000/tcp")).toBe("DNAT to [fd00::2]:80");
  expect(target("[2001:db8::1]:8000")).toBe("DNAT to [fd00::2]:80");
  expect(target("300.0.2.1:8000")).toBe("that is neither a port of the host nor an IP address");
});

test("what is neither port nor address, what nothing has, and the host's own", () => {
  const said = "BROKEN: that is neither a port of the host nor an IP address";
  for (const asked of ["", "web", "99999", "0", "</svg>"]) {
    expect([asked, ...texts(web, asked)]).toEqual([asked, said]);
  }
  expect(texts(web, "10.9.9.9")).toEqual(["BROKEN: nothing on this node has the address 10.9.9.9"]);
  expect(texts(web, "192.0.2.10")).toEqual([
    "host:this: 192.0.2.10 is an address of the host itself, on eth0",
  ]);
});

/** A macvlan on one end of a pair of the host, whose other end is what the test says. */
function behindPair(
  beyond: Partial<MapFacts["links"][number]>,
  extra: MapFacts["links"] = [],
): MapFacts {
  const lan = madeNode([{ name: "lan", plugin: "macvlan", count: 1 }]);
  const links = [
    ...lan.links,
    { name: "p0", index: 20, kind: "veth", up: true, peer: "p1" },
    { name: "p1", index: 21, kind: "veth", up: true, peer: "p0", ...beyond },
    ...extra,
  ];
  const standing = lan.host.standing.map((one) => ({ ...one, parent: "p0" }));
  return { ...lan, links, host: { ...lan.host, standing } };
}

test("a parent's own pair is followed, and what stands behind it", () => {
  const bridged = behindPair({ master: "br0" }, [
    { name: "br0", index: 22, kind: "bridge", up: true },
    { name: "eth0.7", index: 23, kind: "vlan", vlan: 7, parent: "eth0", master: "br0", up: true },
  ]);
  expect(texts(bridged, "10.1.0.2")).toEqual([
    "namespace:/run/netns/lan-c0: lan-c0 sends from 10.1.0.2 on eth0",
    "uplink:p0: the macvlan eth0 stands on the host's p0: the host takes no part",
    "link:p1: p1 is the other end of the pair p0",
    "bridge:br0: p1 is a port of the bridge br0",
    "uplink:eth0.7: frames go on by eth0.7, another port of br0",
    "uplink:eth0: eth0.7 is VLAN 7 of eth0, which sends its frames with that tag",
    "outside:all: arrives with its own address 10.1.0.2",
  ]);
  expect(texts(behindPair({ up: false }), "10.1.0.2").at(-1)).toBe("BROKEN: p1 is down");
});

test("where the host has an address on the other end, it is the next hop", () => {
  const plain = behindPair({});
  if (plain.host === undefined) throw new Error("there is a host");
  expect(texts(plain, "10.1.0.2").at(-1)).toBe("BROKEN: p1 leads to nothing outside this machine");
  const own = [...plain.host.addresses, { link: "p1", address: "10.1.0.1/16" }];
  expect(
    texts({ ...plain, host: { ...plain.host, addresses: own } }, "10.1.0.2").slice(2, 4),
  ).toEqual([
    "link:p1: p1 is the other end of the pair p0",
    "host:this: node1 forwards it to eth0, masqueraded as 192.0.2.10",
  ]);
  const routed = behindPair({ master: "br0" }, [
    { name: "br0", index: 22, kind: "bridge", up: true },
  ]);
  const { host } = routed;
  if (host === undefined) throw new Error("there is a host");
  const addresses = [...host.addresses, { link: "br0", address: "10.1.0.1/16" }];
  expect(texts({ ...routed, host: { ...host, addresses } }, "10.1.0.2").slice(2)).toEqual([
    "link:p1: p1 is the other end of the pair p0",
    "bridge:br0: p1 is a port of the bridge br0, which is the gateway 10.1.0.1/16",
    "host:this: node1 forwards it to eth0, masqueraded as 192.0.2.10",
    "uplink:eth0: leaves by eth0, default via 192.0.2.1",
    "outside:all: arrives with the address 192.0.2.10",
  ]);
});

test("an interface on a VLAN of the host names its number", () => {
  const lan = madeNode([{ name: "lan", plugin: "macvlan", count: 1 }]);
  const standing = lan.host.standing.map((one) => ({ ...one, kind: "vlan", vlan: 42 }));
  const facts = { ...lan, host: { ...lan.host, standing } };
  const [container] = mapOf(facts).nodes.filter(({ kind }) => kind === "namespace");
  expect(container?.lines).toEqual(["eth0 10.1.0.2/16", "VLAN 42 on eth0"]);
  expect(texts(facts, "10.1.0.2")[1]).toBe(
    "uplink:eth0: the VLAN 42 eth0 stands on the host's eth0: the host takes no part",
  );
});
