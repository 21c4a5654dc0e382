import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeKernel } from "../../../tests/support/fake-kernel/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import { isObject, type JsonObject } from "../../spec/index.ts";
import { PLUGINS } from "./plugins.ts";

const ipam = { type: "host-local", ranges: [[{ subnet: "10.1.0.0/24" }]] };

/** What a network has to say of each plugin, at the least, for its plan to have a step. */
const KEYS: Readonly<Record<string, JsonObject>> = {
  bandwidth: { ingressRate: 1_000_000, ingressBurst: 1_000_000 },
  bridge: { isGateway: true, ipMasq: true, macspoofchk: true, ipam },
  cluster: { ipam: { type: "cluster", subnet: "10.1.0.0/24", store: { files: {} } } },
  dhcp: { ipam: { type: "dhcp" } },
  dummy: { ipam },
  firewall: { backend: "nftables" },
  "host-device": { device: "uplink0", ipam },
  "host-local": { ipam },
  ipvlan: { master: "uplink0", ipam },
  loopback: {},
  macvlan: { master: "uplink0", ipam },
  portmap: { runtimeConfig: { portMappings: [{ hostPort: 80, containerPort: 80 }] } },
  ptp: { ipMasq: true, ipam },
  sbr: {},
  static: { ipam: { type: "static", addresses: [{ address: "10.1.0.2/24" }] } },
  tap: { ipam },
  tuning: { sysctl: { "net.core.somaxconn": "500" }, mtu: 1400 },
  vlan: { master: "uplink0", vlanId: 7, ipam },
  vrf: { vrfname: "blue" },
};

/** Its plan says which ports others have now, so it asks the kernel; see portmap/README.md. */
const ASKING = new Set(["portmap"]);

/** Work on an interface that another plugin has made. */
const CHAINED = new Set(["tuning", "vrf", "sbr", "bandwidth", "portmap", "firewall"]);

/** What may be said of a step. */
const STANDINGS = {
  ADD: ["made", "kept", "changed", "refused", "unknown"],
  DEL: ["removed", "changed", "kept", "unknown"],
  GC: ["removed", "changed", "kept", "unknown"],
} as const;

for (const [name, load] of PLUGINS) {
  const isAsking = ASKING.has(name);
  const promise = isAsking ? "changes nothing" : "opens nothing, and enters no namespace";
  test(`the plan of ${name} ${promise}`, async () => {
    const plugin = await load();
    using kernel = FakeKernel.install();
    kernel.create("/run/netns/one");
    const before = kernel.snapshot();
    const steps = await plugin.plan?.({
      env: {
        ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "id-one", CNI_NETNS: "/run/netns/one" },
        ...{ CNI_IFNAME: name === "loopback" ? "lo" : "eth0", CNI_PATH: "/nonexistent" },
        ...{ HAWSER_STATE_DIR: "/nonexistent/state" },
      },
      stdin: () => JSON.stringify({ cniVersion: "1.1.0", name: "net1", type: name, ...KEYS[name] }),
      stdout: () => undefined,
      stderr: () => undefined,
    });
    expect(steps?.length).toBeGreaterThan(0);
    expect(kernel.faults.count > 0).toBe(isAsking);
    expect(kernel.snapshot()).toEqual(before);
  });

  for (const operation of ["ADD", "DEL", "GC"] as const) {
    test(`the plan of ${operation} of ${name} looks at what stands, and changes nothing`, async () => {
      const plugin = await load();
      using kernel = FakeKernel.install();
      kernel.create("/run/netns/one");
      using netns = Netns.open("/run/netns/one");
      using socket = RouteSocket.open(netns);
      if (CHAINED.has(name)) link.add(socket, { name: "eth0", kind: "dummy", up: true });
      using host = RouteSocket.open();
      link.add(host, { name: "uplink0", kind: "dummy", mtu: 1500, up: true });
      const directory = mkdtempSync(join(tmpdir(), "hawser-plan-"));
      const before = kernel.snapshot();
      try {
        const plan = await plugin.compare?.({
          env: {
            ...{ CNI_COMMAND: operation, CNI_CONTAINERID: "id-one", CNI_NETNS: "/run/netns/one" },
            ...{ CNI_IFNAME: name === "loopback" ? "lo" : "eth0", CNI_PATH: "/nonexistent" },
            ...{ HAWSER_STATE_DIR: join(directory, "state") },
          },
          stdin: () =>
            JSON.stringify({
              ...{ cniVersion: "1.1.0", name: "net1", type: name },
              ...inDirectory(KEYS[name] ?? {}, directory),
              ...(operation === "GC" ? { "cni.dev/valid-attachments": [] } : {}),
            }),
          stdout: () => undefined,
          stderr: () => undefined,
        });
        if (operation === "ADD") expect(plan?.steps.length).toBeGreaterThan(0);
        for (const step of plan?.steps ?? []) {
          expect(STANDINGS[operation]).toContain(step.standing);
          expect(step.now ?? "").not.toContain("a plan changes nothing");
        }
        expect(kernel.snapshot()).toEqual(before);
        expect(readdirSync(directory)).toEqual([]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
}

/** The same with every directory of a plugin within this one. */
function inDirectory(keys: JsonObject, directory: string): JsonObject {
  const ipam = keys["ipam"];
  const dataDir = join(directory, "data");
  return { ...keys, dataDir, ...(isObject(ipam) && { ipam: { ...ipam, dataDir } }) };
}
