import { expect, setDefaultTimeout } from "bun:test";
import { entriesMissing } from "../support/daemon.ts";
import { FleetLab, type FleetNode, fleetNetwork, until } from "../support/fleet-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { isReady } from "./daemons.ts";

setDefaultTimeout(patient(120_000));

const missing = entriesMissing();
const filesTest = missing === undefined ? needs("root", "ip") : skipBecause(missing);

filesTest(
  "two nodes on a store of files, with containers on bridges, reach each other",
  async () => {
    await using lab = await FleetLab.create();
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
