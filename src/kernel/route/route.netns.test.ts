import { describe, expect, test } from "bun:test";
import { jsonIn, pairForEachTest, refused, runIn } from "../../../tests/support/route-pair.ts";
import { Ip, Prefix } from "../../addr/index.ts";
import { address, neighbour, route, rule } from "./index.ts";

const pair = pairForEachTest();
const ip = (text: string): Ip => Ip.parse(text);
const prefix = (text: string): Prefix => Prefix.parse(text);

describe("addresses", () => {
  test("ip sees address, broadcast, flags and lifetimes as we gave them", () => {
    const { cont: index } = pair().connect();
    address.add(pair().inCont, { index, prefix: prefix("10.1.2.3/24") });
    address.add(pair().inCont, {
      index,
      prefix: prefix("10.9.0.1/32"),
      scope: 253,
      label: "eth0:x",
    });
    const lifetimes = { preferred: 1000, valid: 2000 };
    address.add(pair().inCont, { index, prefix: prefix("fd00::3/64"), nodad: true, lifetimes });
    const [shown] = jsonIn(pair().cont, "ip -j addr show dev eth0") as [{ addr_info: unknown[] }];
    expect(shown.addr_info).toMatchObject([
      { local: "10.9.0.1", prefixlen: 32, scope: "link", label: "eth0:x" },
      { local: "10.1.2.3", prefixlen: 24, broadcast: "10.1.2.255", scope: "global" },
      { local: "fd00::3", prefixlen: 64, nodad: true },
      { scope: "link" },
    ]);
    expect(shown.addr_info[0]).not.toHaveProperty("broadcast");
    const read = address.list(pair().inCont, { index, family: 6 });
    const ours = read.find((a) => `${a.prefix}` === "fd00::3/64");
    expect(ours?.tentative).toBe(false);
    expect(ours?.lifetimes?.valid).toBeGreaterThan(1990);
    address.replace(pair().inCont, { index, prefix: prefix("fd00::3/64"), nodad: true });
    address.delete(pair().inCont, { index, prefix: prefix("10.1.2.3/24") });
    expect(address.list(pair().inCont, { index, family: 4 }).map((a) => `${a.prefix}`)).toEqual([
      "10.9.0.1/32",
    ]);
    const changed = address
      .list(pair().inCont, { index })
      .find((a) => `${a.prefix}` === "fd00::3/64");
    expect(changed?.lifetimes?.valid).toBe(address.INFINITY_LIFE_TIME);
  });

  test("what ip gave is read, with peer and metric", () => {
    const { cont: index } = pair().connect();
    runIn(pair().cont, "ip addr add 10.5.0.1 peer 10.5.0.2/32 metric 55 dev eth0");
    const [found] = address.list(pair().inCont, { index, family: 4 });
    expect([`${found?.prefix}`, `${found?.peer}`, found?.metric]).toEqual([
      "10.5.0.1/32",
      "10.5.0.2",
      55,
    ]);
    address.delete(pair().inCont, { index, prefix: prefix("10.5.0.1/32"), peer: ip("10.5.0.2") });
    expect(address.list(pair().inCont, { index, family: 4 })).toEqual([]);
  });

  test("twice is EEXIST, what is not there is EADDRNOTAVAIL", () => {
    const { cont: index } = pair().connect();
    const spec = { index, prefix: prefix("10.1.2.3/24") };
    address.add(pair().inCont, spec);
    expect(refused(() => address.add(pair().inCont, spec))).toMatchObject({
      code: "EEXIST",
      operation: "add address 10.1.2.3/24",
    });
    address.delete(pair().inCont, spec);
    expect(refused(() => address.delete(pair().inCont, spec)).code).toBe("EADDRNOTAVAIL");
  });
});

describe("routes, rules and neighbours", () => {
  test("ip sees routes with metrics, tables, hops and scopes as we made them", () => {
    const { cont: index } = pair().connect();
    address.add(pair().inCont, { index, prefix: prefix("10.1.2.3/24") });
    address.add(pair().inCont, { index, prefix: prefix("fd00::3/64"), nodad: true });
    const gateway = ip("10.1.2.1");
    route.add(pair().inCont, { dst: prefix("0.0.0.0/0"), gateway, index });
    route.add(pair().inCont, {
      dst: prefix("10.9.9.9/16"),
      gateway,
      index,
      mtu: 1300,
      advmss: 1200,
      priority: 77,
      table: 1000,
      protocol: 4,
    });
    route.add(pair().inCont, { dst: prefix("10.8.0.0/16"), index, scope: route.RT_SCOPE_LINK });
    route.add(pair().inCont, { dst: prefix("fd09::/64"), gateway: ip("fd00::1"), index });
    route.add(pair().inCont, {
      dst: prefix("10.7.0.0/16"),
      gateway: ip("99.1.1.1"),
      index,
      onlink: true,
    });
    expect(jsonIn(pair().cont, "ip -d -j route show table 1000")).toMatchObject([
      {
        dst: "10.9.0.0/16",
        gateway: "10.1.2.1",
        metric: 77,
        protocol: "static",
        metrics: [{ mtu: 1300, advmss: 1200 }],
      },
    ]);
    expect(jsonIn(pair().cont, "ip -j route show")).toMatchObject([
      { dst: "default", gateway: "10.1.2.1" },
      { dst: "10.1.2.0/24", protocol: "kernel" },
      { dst: "10.7.0.0/16", gateway: "99.1.1.1", flags: ["onlink"] },
      { dst: "10.8.0.0/16", scope: "link" },
    ]);
    expect(JSON.stringify(jsonIn(pair().cont, "ip -6 -j route show"))).toContain(
      '"gateway":"fd00::1"',
    );
    const found = route.list(pair().inCont, { table: 1000 });
    expect(found.map((r) => [`${r.dst}`, r.mtu, r.advmss, r.priority])).toEqual([
      ["10.9.0.0/16", 1300, 1200, 77],
    ]);
  });

  test("a route that was read can be given back to delete it", () => {
    const { cont: index } = pair().connect();
    runIn(pair().cont, "ip addr add 10.1.2.3/24 dev eth0");
    runIn(pair().cont, "ip route add 10.4.0.0/16 via 10.1.2.1 metric 5 table 99");
    runIn(
      pair().cont,
      "ip route add 10.5.0.0/16 table 99 nexthop via 10.1.2.1 weight 3 nexthop via 10.1.2.2",
    );
    const found = route.list(pair().inCont, { table: 99 });
    expect(found.map((r) => r.multipath?.map((hop) => hop.weight))).toEqual([undefined, [3, 1]]);
    for (const one of found) route.delete(pair().inCont, one);
    expect(route.list(pair().inCont, { table: 99 })).toEqual([]);
    expect(route.list(pair().inCont, { index, family: 4, table: 254 }).length).toBe(1);
  });

  test("beside, append and replace differ as the kernel's flags do", () => {
    const { cont: index } = pair().connect();
    address.add(pair().inCont, { index, prefix: prefix("10.1.2.3/24") });
    const via = (last: number): route.RouteSpec => ({
      dst: prefix("10.6.0.0/16"),
      gateway: ip(`10.1.2.${last}`),
      index,
    });
    route.add(pair().inCont, via(1));
    expect(refused(() => route.add(pair().inCont, via(2))).code).toBe("EEXIST");
    route.addBeside(pair().inCont, via(2));
    route.append(pair().inCont, via(3));
    const gateways = (): string[] =>
      route
        .list(pair().inCont, { family: 4, table: 254 })
        .filter((r) => `${r.dst}` === "10.6.0.0/16")
        .map((r) => `${r.gateway}`);
    expect(gateways()).toEqual(["10.1.2.2", "10.1.2.1", "10.1.2.3"]);
    expect(refused(() => route.addBeside(pair().inCont, via(2))).code).toBe("EEXIST");
    route.replace(pair().inCont, via(9));
    expect(gateways()).toEqual(["10.1.2.9", "10.1.2.1", "10.1.2.3"]);
  });

  test("a lookup tells the way, and undefined when there is none", () => {
    const { cont: index } = pair().connect();
    address.add(pair().inCont, { index, prefix: prefix("10.1.2.3/24") });
    expect(route.get(pair().inCont, { dst: ip("8.8.8.8") })).toBeUndefined();
    route.add(pair().inCont, { dst: prefix("0.0.0.0/0"), gateway: ip("10.1.2.1"), index });
    const found = route.get(pair().inCont, { dst: ip("8.8.8.8") });
    expect([`${found?.gateway}`, `${found?.source}`, found?.table]).toEqual([
      "10.1.2.1",
      "10.1.2.3",
      254,
    ]);
  });

  test("rules are made, read, seen by ip and deleted", () => {
    const spec: rule.RuleSpec = {
      family: 4,
      from: prefix("10.1.2.3/32"),
      table: 1000,
      priority: 99,
      iif: "eth0",
      mark: 0x2000,
      mask: 0xf000,
    };
    rule.add(pair().inCont, spec);
    rule.add(pair().inCont, { family: 6, to: prefix("fd00::/64"), table: 100, priority: 98 });
    expect(jsonIn(pair().cont, "ip -j rule show prio 99")).toMatchObject([
      { src: "10.1.2.3", iif: "eth0", fwmark: "0x2000", fwmask: "0xf000", table: "1000" },
    ]);
    expect(refused(() => rule.add(pair().inCont, spec)).code).toBe("EEXIST");
    runIn(pair().cont, "ip rule add not from 10.2.0.0/16 table 77 prio 97 suppress_prefixlength 0");
    const [read] = rule.list(pair().inCont, { priority: 97 });
    expect(read).toMatchObject({ invert: true, table: 77, suppressPrefixLength: 0 });
    for (const one of rule
      .list(pair().inCont)
      .filter((r) => r.priority >= 97 && r.priority < 100)) {
      rule.delete(pair().inCont, one);
    }
    expect(rule.list(pair().inCont, { table: 1000 })).toEqual([]);
    expect(refused(() => rule.delete(pair().inCont, spec)).code).toBe("ENOENT");
    expect(rule.list(pair().inCont, { family: 4 }).length).toBe(3);
  });

  test("neighbours are made, read, seen by ip and deleted", () => {
    const { cont: index } = pair().connect();
    const mac = "02:00:00:00:00:09";
    neighbour.add(pair().inCont, { index, ip: ip("10.1.2.9"), address: mac });
    neighbour.add(pair().inCont, { index, ip: ip("fd00::9"), address: mac });
    neighbour.add(pair().inCont, { index, ip: ip("10.1.2.8"), proxy: true });
    expect(jsonIn(pair().cont, "ip -4 -j neigh show dev eth0")).toMatchObject([
      { dst: "10.1.2.9", lladdr: mac, state: ["PERMANENT"] },
    ]);
    const twice = (): void =>
      neighbour.add(pair().inCont, { index, ip: ip("10.1.2.9"), address: mac });
    expect(refused(twice).code).toBe("EEXIST");
    neighbour.replace(pair().inCont, { index, ip: ip("10.1.2.9"), address: "02:00:00:00:00:0a" });
    const permanent = neighbour.list(pair().inCont, { index }).filter((n) => n.state === 0x80);
    expect(permanent.map((n) => [`${n.ip}`, n.address])).toEqual([
      ["10.1.2.9", "02:00:00:00:00:0a"],
      ["fd00::9", mac],
    ]);
    const answered = neighbour.list(pair().inCont, { family: 4, proxy: true });
    expect(answered.map((n) => [`${n.ip}`, n.proxy])).toEqual([["10.1.2.8", true]]);
    neighbour.delete(pair().inCont, { index, ip: ip("10.1.2.8"), proxy: true });
    neighbour.delete(pair().inCont, { index, ip: ip("10.1.2.9") });
    expect(neighbour.list(pair().inCont, { family: 4, proxy: true })).toEqual([]);
  });
});
