import { afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import type { Snapshot } from "../support/snapshot.ts";
import { clientLeaks } from "./greeting.ts";
import { askClient, type ClientRequest, librariesMissing, mustClient } from "./libraries.ts";

/** A pod with the cluster's network and another one, as multus attaches them by libcni. */

const hawser = hawserPlugins();
const missing = hawser.missing ?? librariesMissing();
const withMultus = missing === undefined ? needs("kernel:macvlan") : skipBecause(missing);

const CLUSTER = {
  cniVersion: "1.1.0",
  name: "k8s",
  plugins: [
    {
      ...{ type: "bridge", bridge: "cni0", isDefaultGateway: true, ipMasq: true },
      ipam: { type: "host-local", ranges: [[{ subnet: "10.85.0.0/16" }]] },
    },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};
const STORAGE = {
  cniVersion: "1.1.0",
  name: "storage",
  plugins: [
    {
      ...{ type: "macvlan", master: "uplink0", mode: "bridge" },
      ...{ capabilities: { ips: true, mac: true }, ipam: { type: "static" } },
    },
    { type: "sbr" },
  ],
};
const MAC = "02:00:00:00:00:07";

let host: Host;
let pod: Container;
let clean: Snapshot;
let cache: string;

beforeAll(async () => {
  host = await Host.create();
  await must(["ip", "link", "add", "uplink0", "type", "veth", "peer", "name", "lan0"]);
  for (const link of ["uplink0", "lan0"]) await must(["ip", "link", "set", "dev", link, "up"]);
});
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), "hawser-multus-"));
  clean = await host.snapshot();
  pod = await host.container("pod");
});
afterEach(async () => {
  await run(["ip", "netns", "delete", "pod"]);
  rmSync(cache, { recursive: true });
  await host.tidy();
});

function request(more: Partial<ClientRequest> = {}): ClientRequest {
  return {
    ...{ pluginDir: hawser.dir, cacheDir: cache, id: "sandbox1", netns: pod.netns },
    networks: [
      { list: CLUSTER, ifName: "eth0" },
      {
        ...{ list: STORAGE, ifName: "net1" },
        capabilities: { ips: ["10.99.0.7/24"], mac: MAC },
      },
    ],
    ...more,
  };
}

async function leftBehind(): Promise<string[]> {
  await host.settled();
  return clientLeaks(clean, await host.snapshot());
}

withMultus(
  "both networks are attached, checked, and detached from the back",
  async () => {
    await mustClient("multus", "status", request());
    await mustClient("multus", "setup", request());
    const inside = (await host.exec(pod, ["ip", "-br", "address"])).stdout;
    expect(inside).toMatch(/^eth0@\S+ +UP +10\.85\.0\.2\/16/m);
    expect(inside).toMatch(/^net1@\S+ +UP +10\.99\.0\.7\/24/m);
    expect((await host.exec(pod, ["ip", "link", "show", "net1"])).stdout).toContain(MAC);
    const route = await host.exec(pod, ["ip", "route", "get", "192.0.2.1"]);
    expect(route.stdout).toContain("via 10.85.0.1 dev eth0");
    await mustClient("multus", "check", request());
    await mustClient("multus", "remove", request());
    await mustClient("multus", "remove", request());
    expect(await leftBehind()).toEqual([]);
  },
  60_000,
);

withMultus(
  "when the second network fails, the first is detached, and the failed one too",
  async () => {
    const [cluster] = request().networks ?? [];
    const broken = { ...STORAGE, plugins: [STORAGE.plugins[0], { type: "sbr", table: -1 }] };
    const ips = { ips: ["10.99.0.7/24"] };
    const networks = [cluster, { list: broken, ifName: "net1", capabilities: ips }].flatMap(
      (network) => network ?? [],
    );
    const { exitCode, stderr } = await askClient("multus", "setup", request({ networks }));
    expect(exitCode).toBe(1);
    expect(stderr.split("\n").filter((line) => line !== "")).toEqual([
      expect.stringContaining('"table" is -1') as string,
    ]);
    expect((await host.exec(pod, ["ip", "-br", "link"])).stdout).not.toMatch(/eth0|net1/);
    expect(await leftBehind()).toEqual([]);
  },
  60_000,
);

withMultus(
  "a pod whose namespace went first is detached all the same",
  async () => {
    await mustClient("multus", "setup", request());
    await host.remove(pod);
    await mustClient("multus", "remove", request());
    expect(await leftBehind()).toEqual([]);
  },
  60_000,
);
