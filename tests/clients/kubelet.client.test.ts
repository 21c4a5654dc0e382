import { afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import type { Snapshot } from "../support/snapshot.ts";
import { clientLeaks } from "./greeting.ts";
import {
  type Attached,
  askClient,
  type Client,
  type ClientRequest,
  librariesMissing,
  mustClient,
} from "./libraries.ts";

/**
 * What the runtimes of a kubelet ask of plugins: containerd 2.4 through go-cni, CRI-O through libcni,
 * both with the calls and arguments of their own code.
 */

const hawser = hawserPlugins();
const withLibraries = skipBecause(hawser.missing ?? librariesMissing());

const LIST = {
  cniVersion: "1.1.0",
  name: "k8s",
  plugins: [
    {
      ...{ type: "bridge", bridge: "cni0", isDefaultGateway: true, ipMasq: true },
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: "10.85.0.0/16" }], [{ subnet: "fd85::/64" }]],
      },
    },
    { type: "portmap", capabilities: { portMappings: true } },
    { type: "firewall" },
    { type: "bandwidth", capabilities: { bandwidth: true } },
  ],
};

let host: Host;
let pod: Container;
let clean: Snapshot;
let home: string;

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "hawser-cri-"));
  for (const name of ["net.d", "bin", "cache"]) mkdirSync(join(home, name));
  for (const type of ["loopback", "bridge", "host-local", "portmap", "firewall", "bandwidth"]) {
    symlinkSync(join(hawser.dir, type), join(home, "bin", type));
  }
  write(LIST);
  clean = await host.snapshot();
  pod = await host.container("pod");
});
afterEach(async () => {
  await run(["ip", "netns", "delete", "pod"]);
  rmSync(home, { recursive: true });
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
  await host.tidy();
});

function write(list: unknown): void {
  writeFileSync(join(home, "net.d/10-k8s.conflist"), JSON.stringify(list));
}

function request(more: Partial<ClientRequest> = {}): ClientRequest {
  return {
    ...{ pluginDir: join(home, "bin"), confDir: join(home, "net.d"), id: "sandbox1" },
    ...{ cacheDir: join(home, "cache"), netns: pod.netns },
    ...more,
  };
}

async function leftBehind(): Promise<string[]> {
  await host.settled();
  return clientLeaks(clean, await host.snapshot());
}

const CLIENTS: readonly Client[] = ["containerd", "crio"];
for (const client of CLIENTS) {
  describe(client, () => {
    withLibraries(
      "a pod is set up, checked, and stopped with its namespace or without",
      async () => {
        for (const netns of [pod.netns, ""]) {
          await mustClient(client, "setup", request());
          // go-cni's own loopback network is of 0.3.1, which has no CHECK: containerd asks for none.
          if (client === "crio") await mustClient(client, "check", request());
          await mustClient(client, "remove", request({ netns }));
          expect(await leftBehind()).toEqual([]);
        }
      },
      60_000,
    );

    withLibraries(
      "a pod without a known result is stopped: before it was set up, and again",
      async () => {
        await mustClient(client, "remove", request());
        await mustClient(client, "remove", request({ netns: "" }));
        await mustClient(client, "setup", request());
        rmSync(join(home, "cache"), { recursive: true });
        rmSync("/var/lib/cni/results", { recursive: true, force: true });
        await mustClient(client, "remove", request());
        await mustClient(client, "remove", request());
        expect(await leftBehind()).toEqual([]);
      },
      60_000,
    );

    withLibraries(
      "STATUS, asked again and again, changes nothing; it fails while a plugin is missing",
      async () => {
        for (let asked = 0; asked < 5; asked++) await mustClient(client, "status", request());
        expect(await leftBehind()).toEqual([]);
        unlinkSync(join(home, "bin/host-local"));
        const missing = await askClient(client, "status", request());
        expect(missing.exitCode).toBe(1);
        expect(missing.stderr).toContain('"host-local"');
        symlinkSync(join(hawser.dir, "host-local"), join(home, "bin/host-local"));
        await mustClient(client, "status", request());
      },
      60_000,
    );

    withLibraries(
      "STATUS passes while the range is full",
      async () => {
        const [bridge, ...others] = LIST.plugins;
        const range = { subnet: "10.85.0.0/16", rangeStart: "10.85.0.2", rangeEnd: "10.85.0.2" };
        const ipam = { type: "host-local", ranges: [[range]] };
        write({ ...LIST, plugins: [{ ...bridge, ipam }, ...others] });
        await mustClient(client, "setup", request());
        await mustClient(client, "status", request());
        await mustClient(client, "remove", request());
      },
      60_000,
    );

    withLibraries(
      "a Setup that fails leaves nothing, though the runtime does not come back",
      async () => {
        // firewall refuses it after bridge and portmap have done their work.
        const [bridge, portmap] = LIST.plugins;
        write({ ...LIST, plugins: [bridge, portmap, { type: "firewall", backend: "none" }] });
        const setup = await askClient(client, "setup", request());
        expect(setup.exitCode).toBe(1);
        expect(setup.stderr).toContain('"none"');
        // The runtime removes what it could not set up; that is enough.
        await mustClient(client, "remove", request());
        expect(await leftBehind()).toEqual([]);
      },
      60_000,
    );
  });
}

withLibraries(
  "containerd sees the addresses, the MAC and the namespace of the result",
  async () => {
    const seen = (await mustClient("containerd", "setup", request())) as Attached;
    expect(seen.addresses["eth0"]).toEqual(["10.85.0.2", "fd85::2"]);
    expect(seen.gateways["eth0"]).toEqual(["10.85.0.1", "fd85::1"]);
    expect(seen.sandboxes["eth0"]).toBe(pod.netns);
    expect(seen.addresses["lo"]).toContain("127.0.0.1");
    const link = await host.exec(pod, ["ip", "-br", "link", "show", "eth0"]);
    expect(link.stdout).toContain(String(seen.macs["eth0"]));
    await mustClient("containerd", "remove", request());
  },
  60_000,
);

withLibraries(
  "CRI-O's GC at its start keeps the pods that it knows",
  async () => {
    const other = await host.container("other");
    try {
      await mustClient("crio", "setup", request());
      const second = request({ id: "sandbox2", netns: other.netns });
      await mustClient("crio", "setup", second);
      // It has lost its notes of the first, which GC has to find by itself.
      rmSync(join(home, "cache"), { recursive: true });
      await mustClient("crio", "gc", request({ valid: ["sandbox2"] }));
      expect((await host.exec(pod, ["ip", "link", "show", "eth0"])).exitCode).not.toBe(0);
      expect((await host.exec(other, ["ip", "link", "show", "eth0"])).exitCode).toBe(0);
      await mustClient("crio", "gc", request({ valid: [] }));
      expect(await leftBehind()).toEqual([]);
    } finally {
      await host.remove(other);
    }
  },
  60_000,
);

withLibraries(
  "CRI-O stops a pod by the configuration that it was set up with",
  async () => {
    await mustClient("crio", "setup", request());
    write({ ...LIST, plugins: [{ type: "loopback" }] });
    await mustClient("crio", "remove", request());
    expect(await leftBehind()).toEqual([]);
  },
  60_000,
);
