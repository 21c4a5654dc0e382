import { expect, setDefaultTimeout } from "bun:test";
import { entriesMissing } from "../support/daemon.ts";
import { FleetLab, type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { rejection } from "../support/rejection.ts";
import { until } from "../support/until.ts";
import { isReady } from "./daemons.ts";

setDefaultTimeout(patient(120_000));

const missing = entriesMissing();
const filesTest = missing === undefined ? needs("root", "ip") : skipBecause(missing);

filesTest(
  "two nodes on a store of files, with containers on bridges, reach each other",
  async () => {
    await using lab = await FleetLab.create("one machine");
    const [one, two] = (await lab.start(2)) as [FleetNode, FleetNode];
    const list = fleetNetwork({
      store: { files: { directory: lab.path("store") } },
      main: { type: "bridge", bridge: "br-pods", isGateway: true },
    });
    for (const node of lab.nodes) {
      node.configure(list);
      await node.startDaemon();
    }
    for (const node of lab.nodes) await until(`${node.name} is ready`, () => isReady(node));
    const [a = ""] = await one.attach(list, "c1");
    const [b = ""] = await two.attach(list, "c2");
    expect(a).not.toBe(b);
    await until("a reaches b", () => one.reaches(b, "c1"), 30_000);
    expect(await two.reaches(a, "c2")).toBe(true);
    await one.detach(list, "c1");
    await two.detach(list, "c2");
  },
);

filesTest(
  "a second machine is refused by name while the first lives, and may follow it",
  async () => {
    await using lab = await FleetLab.create("machines");
    const [one, two] = (await lab.start(2)) as [FleetNode, FleetNode];
    const store = { files: { directory: lab.path("store") } };
    const list = fleetNetwork({ store, ipam: { wait: "2s" } });
    for (const node of lab.nodes) node.configure(list);
    await one.startDaemon();
    await until("the first is ready", () => isReady(one));
    await two.startDaemon();
    await until("the second is named", async () => {
      return JSON.stringify(await two.status()).includes("is for the nodes of one machine");
    });
    expect(await isReady(two)).toBe(false);
    await two.container("c2");
    const refused = String(await rejection(two.call("ADD", list, { container: "c2" })));
    expect(refused).toContain("a fleet of several machines needs etcd");
    await one.attach(list, "c1");
    await one.stop();
    await until("the second goes on", () => isReady(two), 60_000);
    await one.boot();
    one.configure(list);
    await one.startDaemon();
    await until("the first is named", async () => {
      return JSON.stringify(await one.status()).includes("is for the nodes of one machine");
    });
  },
);
