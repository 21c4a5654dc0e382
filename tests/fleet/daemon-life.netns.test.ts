import { expect, setDefaultTimeout } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { EXECUTABLE, FULL } from "../support/daemon.ts";
import { ownEnvironment } from "../support/exec.ts";
import { type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";
import { begin, first, fleet, fleetTest, held, isReady, pictureOf } from "./daemons.ts";

setDefaultTimeout(patient(120_000));

interface Answer {
  readonly findings: readonly { name: string; message: string; remedy: string }[];
}

fleetTest(
  "containers of two nodes reach each other, and go on when daemon and store end",
  async () => {
    await using all = await fleet(2);
    const [one, two] = all.nodes as [FleetNode, FleetNode];
    const list = fleetNetwork({ store: all.store });
    await begin(all.nodes, list);
    const [a = ""] = await one.attach(list, "c1");
    const [b = ""] = await two.attach(list, "c2");
    expect(a).not.toBe(b);
    await until("a reaches b", async () => await one.reaches(b, "c1"));
    expect(await two.reaches(a, "c2")).toBe(true);

    const before = pictureOf(one);
    await one.daemon.end("SIGKILL");
    expect(await one.reaches(b, "c1")).toBe(true);
    await one.startDaemon();
    await until("the daemon is ready", () => isReady(one));
    expect(await one.reaches(b, "c1")).toBe(true);
    const after = pictureOf(one);
    expect([after?.epoch, after?.session]).toEqual([before?.epoch, before?.session]);

    await first(all.etcd.members).kill();
    const [c = ""] = await one.attach(list, "c3");
    expect(new Set([a, b, c]).size).toBe(3);
    expect(await two.reaches(c, "c2")).toBe(true);
    await until("the store is known to be away", async () => {
      const metrics = await one.metrics();
      return metrics.get('hawser_fleet_store_up{network="pods"}') === 0;
    });
    expect((await one.status())["ready"]).toBe(true);
    first(all.etcd.members).start();
    await until(
      "the store is back",
      async () => {
        const metrics = await one.metrics();
        return metrics.get('hawser_fleet_store_up{network="pods"}') === 1;
      },
      30_000,
    );
    for (const name of ["c1", "c3"]) await one.detach(list, name);
    expect(
      readdirSync(one.path("/var/lib/hawser/cluster/pods/reservations")).filter((name) =>
        name.startsWith("10."),
      ),
    ).toEqual([]);
  },
);

fleetTest(
  "the next block comes before the last address is gone, and empty blocks go back",
  async () => {
    await using all = await fleet(1);
    const node = first(all.nodes);
    const list = fleetNetwork({
      store: all.store,
      blockSize: 29,
      overlay: "none",
      ipam: { rest: "2s" },
    });
    await begin(all.nodes, list);
    const names = Array.from({ length: 12 }, (_, at) => `c${at}`);
    for (const name of names) await node.attach(list, name);
    await until("there is a third block", () => held(node).length > 2);
    for (const name of names) await node.detach(list, name);
    // What a DEL frees is free on the disk: the next daemon gives the blocks back.
    await node.daemon.end("SIGKILL");
    await node.startDaemon();
    await until("blocks are given back", () => held(node).length <= 2, 30_000);
  },
);

fleetTest(
  "a node without a daemon takes part, and a daemon takes its membership over",
  async () => {
    await using all = await fleet(1);
    const node = first(all.nodes);
    const list = fleetNetwork({ store: all.store, overlay: "none" });
    const [a = ""] = await node.attach(list, "c1", { by: "plugin" });
    expect(a).toMatch(/^10\.42\./u);
    const before = pictureOf(node);
    const daemon = await node.startDaemon();
    // It learns of the network from the note of the ADD: no file configures it.
    await daemon.logged("fleet begun");
    await until("the daemon is ready", () => isReady(node));
    await node.attach(list, "c2");
    await node.startDaemon("--replace");
    await node.daemon.logged("fleet begun");
    await until("the next daemon is ready", () => isReady(node));
    expect(pictureOf(node)?.epoch).toBe(before?.epoch ?? 0);
    await node.attach(list, "c3");
  },
);

fleetTest("a start of the machine wins the id again", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  const list = fleetNetwork({
    store: all.store,
    overlay: "none",
    ipam: { lease: "2s", quarantine: "20s" },
  });
  await begin(all.nodes, list);
  await node.attach(list, "c1");
  const before = pictureOf(node);
  await node.stop();
  await node.boot();
  node.configure(list);
  await node.startDaemon();
  await until("the id is won", () => (pictureOf(node)?.epoch ?? 0) > (before?.epoch ?? 0), 30_000);
  await until("the daemon is ready", () => isReady(node), 60_000);
  await node.attach(list, "c2");
});

fleetTest(
  "what a start of the machine leaves reserved is named, and the command mends it",
  async () => {
    await using all = await fleet(1);
    const node = first(all.nodes);
    const list = fleetNetwork({ store: all.store, overlay: "none" });
    const [gone = ""] = await node.attach(list, "c1", { by: "plugin" });
    await node.stop();
    await node.boot();
    node.configure(list);
    const file = `/var/lib/hawser/cluster/pods/reservations/${gone}`;
    await node.must(["touch", "--date=1 hour ago", file]);
    const hawser = async (...words: string[]): Promise<string> => {
      const { stdout } = await node.run([EXECUTABLE, ...words], {
        env: { ...ownEnvironment(), CNI_PATH: FULL },
      });
      return stdout;
    };
    const named = async (): Promise<Answer["findings"]> =>
      (JSON.parse(await hawser("cluster", "check", "--json")) as Answer).findings.filter(
        ({ name }) => name === "leaked",
      );
    const [leak, ...more] = await named();
    expect(more).toEqual([]);
    expect(leak?.message).toStartWith(`${gone} is reserved for c1 eth0: `);
    expect(leak?.remedy).toBe("hawser del pods --id c1");
    expect(await hawser("doctor", "--json")).toContain('"reservation-leaked"');
    await hawser(...(leak?.remedy ?? "").split(" ").slice(1));
    expect(await named()).toEqual([]);
    expect(existsSync(node.path(file))).toBe(false);
  },
);
