import { expect, test } from "bun:test";
import { FakeKernel } from "../../../tests/support/fake-kernel/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { PLUGINS } from "./plugins.ts";

const ipam = { type: "host-local", ranges: [[{ subnet: "10.1.0.0/24" }]] };

/** What a network has to say of each plugin, at the least, for its plan to have a step. */
const KEYS: Readonly<Record<string, JsonObject>> = {
  bandwidth: { ingressRate: 1_000_000, ingressBurst: 1_000_000 },
  bridge: { isGateway: true, ipMasq: true, macspoofchk: true, ipam },
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
}
