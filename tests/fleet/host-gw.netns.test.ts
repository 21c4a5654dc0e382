import { expect, setDefaultTimeout } from "bun:test";
import { EXECUTABLE } from "../support/daemon.ts";
import { type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { patient } from "../support/patience.ts";
import { startable } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { begin, first, fleet, fleetTest, held, isReady } from "./daemons.ts";
import { lostMeanwhile, type Placed, reach, unreached } from "./pairs.ts";

setDefaultTimeout(patient(180_000));

/** Routes and devices that others have made on a node: at the overlay's number, and in its subnet. */
const STRANGERS = [
  "ip route add 198.51.100.0/24 via 10.99.255.254 proto 72",
  "ip route add 10.42.255.192/26 via 10.99.255.254 proto static",
  "ip route add unreachable 203.0.113.0/24",
  "ip link add other type bridge",
  "ip link set other up",
  "ip route add 10.43.0.0/16 dev other",
];

/** Routes of the overlay, as `<prefix> via <address>`; those of others left out. */
async function overlayRoutes(node: FleetNode, family: 4 | 6 = 4): Promise<string[]> {
  const text = await node.must(["ip", `-${family}`, "route", "show", "proto", "72"]);
  const routes = text.split("\n").flatMap((line) => {
    const [, dst = "", via = ""] = /^(\S+) via (\S+) dev eth0/u.exec(line) ?? [];
    const prefix = dst.includes("/") ? dst : `${dst}/${family === 4 ? 32 : 128}`;
    return dst === "" || dst.startsWith("198.51.100.") ? [] : [`${prefix} via ${via}`];
  });
  return routes.sort();
}

/** Where a node's routes have to lead: to what each other one holds. */
function leading(to: readonly FleetNode[], family: 4 | 6 = 4): string[] {
  const routes = to.flatMap((node) =>
    held(node)
      .filter((prefix) => prefix.includes(":") === (family === 6))
      .map((prefix) => `${prefix} via ${node.address4}`),
  );
  return routes.sort();
}

/** What others have made, as the kernel shows it. */
async function strangers(node: FleetNode): Promise<string> {
  const lines = await node.must(["sh", "-c", "ip route show table all; ip -o link show dev other"]);
  return lines
    .split("\n")
    .filter((line) => /^(198\.51|10\.42\.255\.192|unreachable 203|10\.43|\d+: other)/u.test(line))
    .join("\n");
}

async function place(
  node: FleetNode,
  list: Parameters<FleetNode["attach"]>[0],
  container = "c1",
): Promise<Placed[]> {
  const addresses = await node.attach(list, container);
  return addresses.map((address) => ({ node, container, address }));
}

fleetTest("host-gw: routes of daemons, which restart, on nodes that are forgotten", async () => {
  await using all = await fleet(3);
  const [one, two, three] = all.nodes as [FleetNode, FleetNode, FleetNode];
  const list = fleetNetwork({ store: all.store, overlay: "host-gw", ipam: { lease: "2s" } });
  await begin(all.nodes, list);
  const placed: Placed[] = [];
  for (const node of all.nodes) placed.push(...(await place(node, list)));
  // A first ADD would refuse them: one is a route into the fleet's subnet.
  for (const command of STRANGERS) await one.must(command.split(" "));
  const before = await strangers(one);
  expect(before.split("\n")).toHaveLength(5);
  const [a, b] = placed as [Placed, Placed];
  const follows = async (node: FleetNode, others: readonly FleetNode[]): Promise<void> => {
    await until(`${node.name} leads to ${others.map(({ name }) => name).join(" and ")}`, async () =>
      Bun.deepEquals(await overlayRoutes(node), leading(others)),
    );
  };
  for (const node of all.nodes) {
    await follows(
      node,
      all.nodes.filter((other) => other !== node),
    );
    expect(await node.must(["ip", "-o", "link"])).not.toContain("fleet");
  }
  // Packets keep the whole size of the link between the nodes: there is no tunnel.
  expect(unreached(placed, 1472)).toEqual([]);

  const again = async (): Promise<void> => {
    await one.daemon.end("SIGKILL");
    await one.startDaemon();
    await until("the daemon is ready", () => isReady(one));
    await one.startDaemon("--replace");
    await until("the next daemon is ready", () => isReady(one));
  };
  const monitor = Bun.spawn(startable([...one.entering, "ip", "monitor", "route", "link"]), {
    stdout: "pipe",
  });
  const lost = await lostMeanwhile([a, b], again, 8000);
  monitor.kill();
  const seen = (await new Response(monitor.stdout).text()).split("\n");
  // The kernel's own addresses of IPv6 come when their links like it.
  expect(seen.filter((line) => line !== "" && !line.includes(" fe80::"))).toEqual([]);
  // A busy machine may drop one by itself; without a route for one moment many are lost.
  expect(lost).toBeLessThan(8);

  // What was taken away comes back when the daemon looks at all of it, which a start does.
  await one.must(["ip", "route", "del", first(held(two))]);
  expect(await overlayRoutes(one)).toEqual(leading([three]));
  await one.daemon.end("SIGTERM");
  await one.startDaemon();
  await follows(one, [two, three]);

  await three.stop();
  expect(await overlayRoutes(one)).toHaveLength(2);
  const forget = [EXECUTABLE, "cluster", "forget", "node3", "--yes"];
  await until("node3 is dead", async () => (await one.run(forget)).exitCode === 0, 30_000);
  for (const node of [one, two]) await follows(node, [node === one ? two : one]);
  expect(unreached([a, b])).toEqual([]);

  await three.boot();
  three.configure(list);
  await three.startDaemon();
  await until("it holds a block again", () => held(three).length > 0, 30_000);
  await until("it is ready", () => isReady(three), 30_000);
  // What the one of before the start had reserved is still there.
  const later = await place(three, list, "c2");
  for (const node of [one, two]) await follows(node, [node === one ? two : one, three]);
  expect(unreached([a, b, ...later])).toEqual([]);
  expect(await strangers(one)).toBe(before);
});

fleetTest("host-gw over IPv6 leads to addresses of both families", async () => {
  await using all = await fleet(2);
  const list = fleetNetwork({
    ...{ store: all.store, overlay: "host-gw", subnets: ["10.42.0.0/16", "fd00:42::/108"] },
    ipam: { underlay: "fd99::/64" },
  });
  await begin(all.nodes, list);
  const placed: Placed[] = [];
  for (const node of all.nodes) placed.push(...(await place(node, list)));
  expect(placed).toHaveLength(4);
  await until("each reaches the others", () => unreached(placed).length === 0);
  expect(unreached(placed, 1452)).toEqual([]);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  const ways = await overlayRoutes(one, 6);
  expect(ways.map((way) => way.split(" via ")[1])).toEqual([two.address6]);
});

fleetTest("a fleet changes its overlay: what the other kind has made goes", async () => {
  await using all = await fleet(2);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  const kinds = ["vxlan", "host-gw", "none", "host-gw", "vxlan"] as const;
  const networkOf = (overlay: (typeof kinds)[number]): ReturnType<typeof fleetNetwork> =>
    fleetNetwork({ store: all.store, overlay });
  await begin(all.nodes, networkOf("vxlan"));
  const [a] = (await place(one, networkOf("vxlan"))) as [Placed];
  const [b] = (await place(two, networkOf("vxlan"))) as [Placed];
  await until("a reaches b", () => reach(a, b));
  for (const kind of kinds.slice(1)) {
    for (const node of all.nodes) node.configure(networkOf(kind));
    const stands = async (node: FleetNode, other: FleetNode): Promise<string> => {
      const hasDevice = (await node.must(["ip", "-o", "link"])).includes(": fleet");
      const isLed = Bun.deepEquals(await overlayRoutes(node), leading([other]));
      const has = await node.must(["ip", "route", "show", "proto", "72"]);
      return `${hasDevice ? "device" : ""} ${isLed ? "host-gw" : has === "" ? "" : "other"}`;
    };
    const wanted = { vxlan: "device other", "host-gw": " host-gw", none: " " }[kind];
    for (const [node, other] of [
      [one, two],
      [two, one],
    ] as const) {
      await until(`${node.name} has ${kind} alone`, async () => {
        return (await stands(node, other)) === wanted;
      });
    }
    if (kind !== "none") await until(`a reaches b by ${kind}`, () => reach(a, b));
    expect([kind, await isReady(one)]).toEqual([kind, true]);
  }
});
