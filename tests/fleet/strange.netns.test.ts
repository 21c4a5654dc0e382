import { expect, setDefaultTimeout } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { EXECUTABLE } from "../support/daemon.ts";
import { type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { patient } from "../support/patience.ts";
import { rejection } from "../support/rejection.ts";
import { until } from "../support/until.ts";
import { begin, first, fleet, fleetTest, held, isReady, pictureOf } from "./daemons.ts";

setDefaultTimeout(patient(120_000));

const PICTURE = "/var/lib/hawser/cluster/pods/picture.json";

fleetTest("a subnet with the nodes' own addresses, or another fleet's, is refused", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  const init = async (name: string): Promise<string> => {
    const { exitCode, stderr } = await node.run([EXECUTABLE, "cluster", "init", name]);
    return `${exitCode} ${stderr}`;
  };
  const own = fleetNetwork({ store: all.store, name: "own", subnet: "10.99.0.0/16" });
  node.configure(own);
  expect(await init("own")).toContain(
    `3 error: subnet 10.99.0.0/16 has this node's own address ${node.address4} of eth0 (code 7)`,
  );
  await node.container("c1");
  const refused = rejection(node.call("ADD", own, { container: "c1", by: "plugin" }));
  expect(String(await refused)).toContain("has this node's own address");
  const pods = fleetNetwork({ store: all.store });
  node.configure(pods);
  expect(await init("pods")).toMatch(/^0 /u);
  node.configure(fleetNetwork({ store: all.store, name: "part", subnet: "10.42.128.0/17" }));
  expect(await init("part")).toContain(
    "3 error: subnet 10.42.128.0/17 overlaps 10.42.0.0/16 of the fleet's network pods (code 7)",
  );
  node.configure(fleetNetwork({ store: all.store, name: "part", subnet: "10.45.0.0/16" }));
  // A larger network, what leads nowhere, and the fleet's own are no others' routes into it.
  const route = async (...words: string[]): Promise<string> =>
    await node.must(["ip", "route", ...words]);
  await route("add", "10.0.0.0/8", "dev", "eth0");
  await route("add", "blackhole", "10.42.0.0/16", "metric", "9");
  await route("add", "10.42.7.0/24", "via", all.lab.address4);
  node.configure(fleetNetwork({ store: all.store }));
  expect(await init("pods")).toContain(
    `3 error: subnet 10.42.0.0/16 has the route 10.42.7.0/24 via ${all.lab.address4} dev eth0 of this node (code 7)`,
  );
  const led = rejection(node.call("ADD", pods, { container: "c1", by: "plugin" }));
  expect(String(await led)).toContain("has the route 10.42.7.0/24");
  // With routers of its own, such routes are how the other nodes are reached.
  const subnet = "10.44.0.0/16";
  node.configure(fleetNetwork({ store: all.store, overlay: "none", name: "routed", subnet }));
  await route("add", "10.44.7.0/24", "via", all.lab.address4);
  expect(await init("routed")).toMatch(/^0 /u);
  await route("delete", "10.42.7.0/24");
  expect(await init("pods")).toMatch(/^0 /u);
  // What the fleet gave to this node are no strangers' addresses.
  await node.attach(pods, "c2", { by: "plugin" });
  const other = fleetNetwork({ store: all.store, ipam: { wait: "20s" } });
  await node.attach(other, "c3", { by: "plugin" });
});

fleetTest(
  "a daemon that stands still keeps no ADD from what is at hand, nor for ever",
  async () => {
    await using all = await fleet(1);
    const node = first(all.nodes);
    const list = fleetNetwork({ store: all.store, overlay: "none", ipam: { wait: "2s" } });
    await begin([node], list);
    await until("it is ready", () => isReady(node));
    await until("it holds a block", () => held(node).length > 0);
    // One that stands still within a change of its files has their lock, and an ADD waits for that.
    await Bun.sleep(1000);
    node.pause();
    await node.attach(list, "c1");
    await node.attach(list, "c2", { by: "plugin" });
    const sticky = fleetNetwork({
      store: all.store,
      overlay: "none",
      ipam: { wait: "2s", sticky: { arg: "NAME" } },
    });
    await node.container("c3");
    const waited = node.call("ADD", sticky, { container: "c3", args: "NAME=db", by: "plugin" });
    expect(String(await rejection(waited))).toContain("another process is the network's member");
    node.resume();
  },
);

fleetTest(
  "a picture that is torn under a running daemon is made anew, and is the same",
  async () => {
    await using all = await fleet(1);
    const node = first(all.nodes);
    const list = fleetNetwork({ store: all.store, overlay: "none" });
    await begin([node], list);
    const [address] = await node.attach(list, "c1");
    const before = pictureOf(node);
    const path = node.path(PICTURE);
    await until("the gateway is known to the store", async () => {
      const seen = await all.etcd.ctl(["get", "/hawser/1/pods/node/node1", "--print-value-only"]);
      return seen.includes('"gateways":["10.42');
    });
    writeFileSync(path, readFileSync(path, "utf8").slice(0, 60));
    const [other] = await node.attach(list, "c2");
    expect(other).not.toBe(address);
    expect(pictureOf(node)?.epoch).toBe(before?.epoch ?? 0);
    expect(pictureOf(node)?.subnets).toEqual(before?.subnets ?? []);
    expect(await reservedBy(node)).toEqual([address, other].map(String).sort());
  },
);

async function reservedBy(node: FleetNode): Promise<string[]> {
  const listed = await node.must(["ls", "/var/lib/hawser/cluster/pods/reservations"]);
  return listed
    .split("\n")
    .filter((name) => /^10\./u.test(name))
    .sort();
}

fleetTest("a typing error in one ADD costs the node nothing of what it holds", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  const list = fleetNetwork({ store: all.store, overlay: "none" });
  await node.attach(list, "c1", { by: "plugin" });
  const before = readFileSync(node.path(PICTURE), "utf8");
  const wrong = fleetNetwork({
    store: all.store,
    overlay: "none",
    subnet: "10.43.0.0/16",
    ipam: { wait: "2s" },
  });
  await node.container("c2");
  const refused = rejection(node.call("ADD", wrong, { container: "c2", by: "plugin" }));
  expect(String(await refused)).toContain("10.43.0.0/16 here, 10.42.0.0/16 in the fleet");
  expect(readFileSync(node.path(PICTURE), "utf8")).toBe(before);
});

fleetTest(
  "a file that is not the fleet's is refused at once, and the daemon names it",
  async () => {
    await using all = await fleet(2);
    const [one, two] = all.nodes as [FleetNode, FleetNode];
    const list = fleetNetwork({ store: all.store, overlay: "none" });
    await begin([one], list);
    await one.attach(list, "c1");
    const wrong = fleetNetwork({
      ...{ store: all.store, overlay: "none", subnet: "10.43.0.0/16" },
      ipam: { wait: "5m" },
    });
    await begin([two], wrong);
    await two.container("c2");
    const refused = String(await rejection(two.call("ADD", wrong, { container: "c2" })));
    expect(refused).toContain("10.43.0.0/16 here, 10.42.0.0/16 in the fleet");
    expect(JSON.stringify(await two.status())).toContain("10.43.0.0/16 here");
    two.configure(list);
    await two.attach(list, "c3");
  },
);
