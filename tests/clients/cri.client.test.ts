import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { existsSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../support/greeter.ts";
import { Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { type Greeter, startGreeter } from "../support/traffic.ts";
import { Cri, criMissing } from "./cri.ts";

/** containerd 2.4.2 with its CRI part, built from its Go module: pods on our plugins. */

const hawser = hawserPlugins();
const missing = hawser.missing ?? criMissing();
const withContainerd = skipBecause(missing);

const LIST = {
  cniVersion: "1.1.0",
  name: "k8s",
  plugins: [
    {
      ...{ type: "bridge", bridge: "cni0", isDefaultGateway: true, ipMasq: true },
      ipam: { type: "host-local", ranges: [[{ subnet: "10.85.0.0/16" }]] },
    },
    { type: "portmap", capabilities: { portMappings: true } },
    { type: "firewall" },
  ],
};
const PLUGINS = ["loopback", "bridge", "host-local", "portmap", "firewall"];
const RESERVATIONS = "/var/lib/cni/networks/k8s";

let host: Host;
let cri: Cri;
const servers: Greeter[] = [];

beforeAll(async () => {
  if (missing !== undefined) return;
  host = await Host.create();
  cri = await Cri.create();
  for (const type of PLUGINS) symlinkSync(join(hawser.dir, type), join(cri.pluginDir, type));
  await write(LIST);
}, 60_000);
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await cri?.attempt("rmp", "--all", "--force");
  await host?.tidy();
});
afterAll(async () => {
  await cri?.close();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
});

/** Writes the network, and waits until containerd, which watches the directory, has read it. */
async function write(list: { readonly plugins: readonly unknown[] }): Promise<void> {
  writeFileSync(join(cri.configDir, "10-k8s.conflist"), JSON.stringify(list));
  const wanted = list.plugins.map((plugin) => JSON.stringify(plugin).slice(1, -1));
  for (let attempt = 0; attempt < 100; attempt++) {
    const seen = (await cri.crictl("info")).replaceAll("\\", "");
    if (wanted.every((part) => seen.includes(part))) return;
    await Bun.sleep(100);
  }
  throw new Error("containerd has not read the network's configuration");
}

function reserved(): string[] {
  if (!existsSync(RESERVATIONS)) return [];
  return readdirSync(RESERVATIONS).filter((name) => /^\d+\./.test(name));
}

async function pod(name: string, hostPort: number): Promise<string> {
  const { exitCode, stdout, stderr } = await cri.runPod(name, hostPort);
  expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
  return stdout.trim();
}

withContainerd(
  "a pod runs, is reached on its port, and is stopped twice, leaving nothing",
  async () => {
    const id = await pod("one", 18080);
    const { ip, pid } = await cri.inspect(id);
    expect([ip, reserved()]).toEqual(["10.85.0.2", ["10.85.0.2"]]);
    servers.push(await startGreeter({ name: "one", netns: `/proc/${pid}/ns/net` }, 80));
    expect(await ask("127.0.0.1", 18080)).toContain("one");
    await cri.crictl("stopp", id);
    await cri.crictl("stopp", id);
    await cri.crictl("rmp", id);
    expect(reserved()).toEqual([]);
  },
  60_000,
);

withContainerd(
  "the node is ready while STATUS passes, and again once what was missing is back",
  async () => {
    for (let asked = 0; asked < 3; asked++) expect((await cri.network()).ready).toBe(true);
    unlinkSync(join(cri.pluginDir, "host-local"));
    const { ready, said } = await cri.network();
    expect(ready).toBe(false);
    expect(said).toContain("host-local");
    symlinkSync(join(hawser.dir, "host-local"), join(cri.pluginDir, "host-local"));
    expect((await cri.network()).ready).toBe(true);
  },
  60_000,
);

withContainerd(
  "a full range leaves the node ready, though one more pod fails",
  async () => {
    const [bridge, ...others] = LIST.plugins;
    const range = { subnet: "10.85.0.0/16", rangeStart: "10.85.9.2", rangeEnd: "10.85.9.3" };
    const ipam = { type: "host-local", ranges: [[range]] };
    await write({ ...LIST, plugins: [{ ...bridge, ipam }, ...others] });
    await pod("four", 18083);
    await pod("five", 18084);
    expect(await cri.network()).toMatchObject({ ready: true });
    const { exitCode, stderr } = await cri.runPod("six", 18085);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("10.85.9.2-10.85.9.3");
    expect(await cri.network()).toMatchObject({ ready: true });
    await write(LIST);
  },
  60_000,
);

withContainerd(
  "a pod whose network fails in the middle leaves nothing",
  async () => {
    const [bridge, portmap] = LIST.plugins;
    await write({ ...LIST, plugins: [bridge, portmap, { type: "firewall", backend: "none" }] });
    const { exitCode, stderr } = await cri.runPod("two", 18081);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("unrecognized backend");
    await cri.crictl("rmp", "--all", "--force");
    expect(reserved()).toEqual([]);
    await write(LIST);
  },
  60_000,
);

withContainerd(
  "a pod that outlives containerd is stopped by the next one",
  async () => {
    const id = await pod("three", 18082);
    const { ip } = await cri.inspect(id);
    await cri.stop();
    await cri.start();
    expect(await cri.inspect(id)).toMatchObject({ ip });
    await cri.crictl("stopp", id);
    await cri.crictl("rmp", id);
    expect(reserved()).toEqual([]);
  },
  60_000,
);
