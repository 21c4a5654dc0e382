import { afterEach, describe, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { failureOf } from "../../../tests/support/fails.ts";
import { ask } from "../../../tests/support/greeter.ts";
import { linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

/** Ports that are kept apart by VLANs, on kernels that can. */

const PORT = 80;
const filtering = needs("kernel:bridge-vlan-filtering");

// Gateways of VLANs outlive their attachments.
afterEach(async () => {
  const veths = JSON.parse(await must(["ip", "-j", "link", "show", "type", "veth"])) as {
    ifname: string;
  }[];
  const gateways = veths.filter(({ ifname }) => ifname.includes("."));
  for (const { ifname } of gateways) await must(["ip", "link", "delete", ifname]);
});
const lab = pluginLab(plugin, { containers: [] });

interface ShownVlan {
  readonly vlan: number;
  readonly vlanEnd?: number;
  readonly flags?: readonly string[];
}

/** What `bridge` shows of a port's table. */
async function vlansOf(name: string): Promise<readonly ShownVlan[]> {
  const shown = JSON.parse(
    await must(["bridge", "-compressvlans", "-j", "vlan", "show", "dev", name]),
  ) as {
    vlans: ShownVlan[];
  }[];
  return shown[0]?.vlans ?? [];
}

const UNTAGGED = ["PVID", "Egress Untagged"];

describe("the port's table", () => {
  filtering("has the VLAN untagged and nothing else, and the bridge filters", async () => {
    const [, result] = await lab.join("one", { vlan: 100 });
    expect(await vlansOf(result.interfaces?.[1]?.name ?? "")).toEqual([
      { vlan: 100, flags: UNTAGGED },
    ]);
    expect((await linkOf(undefined, "cni0")).linkinfo).toMatchObject({
      info_data: { vlan_filtering: 1 },
    });
  });

  filtering("has a trunk in ranges beside the VLAN", async () => {
    const vlanTrunk = [{ minID: 200, maxID: 4094 }, { id: 7 }];
    const [, result] = await lab.join("one", { vlan: 100, vlanTrunk });
    expect(await vlansOf(result.interfaces?.[1]?.name ?? "")).toEqual([
      { vlan: 7 },
      { vlan: 100, flags: UNTAGGED },
      { vlan: 200, vlanEnd: 4094, flags: [] },
    ]);
    const keys = { vlan: 100, vlanTrunk, prevResult: result };
    expect((await lab.call("CHECK", keys)).json).toEqual({});
  });

  filtering(
    "keeps the default VLAN where that is wanted, and a trunk alone has VLAN 1",
    async () => {
      const [, kept] = await lab.join("one", { vlan: 100, preserveDefaultVlan: true });
      expect(await vlansOf(kept.interfaces?.[1]?.name ?? "")).toEqual([
        { vlan: 1, flags: ["Egress Untagged"] },
        { vlan: 100, flags: UNTAGGED },
      ]);
      const [, trunk] = await lab.join("two", { vlanTrunk: [{ id: 5 }] });
      expect(await vlansOf(trunk.interfaces?.[1]?.name ?? "")).toEqual([
        { vlan: 1, flags: UNTAGGED },
        { vlan: 5 },
      ]);
    },
  );

  filtering("CHECK names what is different", async () => {
    const keys = { vlan: 100, vlanTrunk: [{ id: 7 }] };
    const [, prevResult] = await lab.join("one", keys);
    const port = prevResult.interfaces?.[1]?.name ?? "";
    const check = async (): Promise<unknown> =>
      (await lab.call("CHECK", { ...keys, prevResult })).json;
    await must(["bridge", "vlan", "add", "dev", port, "vid", "9"]);
    expect(await check()).toMatchObject({ code: 100, msg: `${port} is also in VLAN 9` });
    await must(["bridge", "vlan", "del", "dev", port, "vid", "9"]);
    await must(["bridge", "vlan", "add", "dev", port, "vid", "7", "untagged"]);
    expect(await check()).toMatchObject({ msg: `${port} is in VLAN 7 untagged, not tagged` });
    await must(["bridge", "vlan", "del", "dev", port, "vid", "7"]);
    expect(await check()).toMatchObject({ msg: `${port} is not in VLAN 7` });
  });
});

describe("a bridge that exists and does not filter", () => {
  filtering("is used as it is, and that is told", async () => {
    await must(["ip", "link", "add", "cni0", "type", "bridge"]);
    await lab.container("one");
    const answer = await lab.call("ADD", { vlan: 100 });
    expect(answer.exitCode).toBe(0);
    expect(answer.stderr).toContain("bridge cni0 does not filter VLANs");
    expect((await linkOf(undefined, "cni0")).linkinfo).toMatchObject({
      info_data: { vlan_filtering: 0 },
    });
  });
});

describe("the gateway of a VLAN", () => {
  const keys = (vlan: number): Keys => ({ vlan, isGateway: true, ipam: ipam(4, 6) });

  filtering("is a link of its own, and VLANs do not reach each other", async () => {
    const [one, result] = await lab.join("one", keys(100));
    const [two] = await lab.join("two", keys(100));
    const lonely = { vlan: 200, ipam: ipam(4) };
    const [three] = await lab.join("three", lonely);
    await lab.serve(two);
    expect(result.interfaces?.map(({ name }) => name)).toEqual([
      "cni0",
      expect.stringMatching(/^veth/u) as string,
      "eth0",
      "cni0.100",
    ]);
    expect(await askFrom(one, "10.1.0.3", PORT)).toBe("two 10.1.0.2");
    expect(await ask("10.1.0.3", PORT)).toBe("two 10.1.0.1");
    expect(await ask("fd00:10:1::3", PORT)).toBe("two fd00:10:1::1");
    expect(await failureOf(askFrom(three, "10.1.0.3", PORT))).toBeDefined();
    const addresses = await must(["ip", "-br", "address", "show", "cni0.100"]);
    expect(addresses).toContain("10.1.0.1/16 fd00:10:1::1/64");
    const check = await lab.call("CHECK", { ...keys(100), prevResult: result });
    expect(check.json).toEqual({});
    await must(["ip", "link", "delete", "cni0.100"]);
    const broken = await lab.call("CHECK", { ...keys(100), prevResult: result });
    expect(broken.json).toMatchObject({ code: 100, msg: "cni0.100 is missing on the host" });
  });

  filtering("has a short name where the bridge's is long, and goes when ADD fails", async () => {
    const long = { ...keys(1234), bridge: "a-long-bridge-x" };
    const [, result] = await lab.join("one", long);
    expect(result.interfaces?.[3]?.name).toMatch(/^br[0-9a-f]{8}\.1234$/u);
    const before = await must(["ip", "-br", "link"]);
    await must(["ip", "link", "add", "cni0.77", "type", "bridge"]);
    const container = await lab.container("two");
    const failed = await lab.call("ADD", keys(77), { container });
    expect(failed.json).toMatchObject({ code: 7, msg: "cni0.77 is no veth but bridge" });
    await must(["ip", "link", "delete", "cni0.77"]);
    expect(await must(["ip", "-br", "link"])).toBe(before);
  });

  filtering("goes with the bridge when that is unused", async () => {
    const removable = { ...keys(100), removeUnused: true };
    await lab.join("one", removable);
    const [two] = await lab.join("two", removable);
    await lab.call("DEL", removable);
    expect(await must(["ip", "-br", "link", "show", "cni0.100"])).toContain("UP");
    await lab.call("DEL", removable, { container: two });
    const left = await must(["ip", "-br", "link"]);
    expect(left).not.toContain("cni0");
    expect(left).not.toContain("veth");
  });
});

filtering(
  "case S14, kind: a VLAN has its gateway although its port's usual name is taken",
  async () => {
    const name = "veth3d8fe13a";
    await must(["ip", "link", "add", name, "type", "bridge"]);
    const keys = { vlan: 100, isGateway: true, ipam: ipam(4) };
    const [, result] = await lab.join("one", keys);
    expect(result.interfaces?.map((each) => each.name)).toContain("cni0.100");
    expect((await lab.call("CHECK", { ...keys, prevResult: result })).json).toEqual({});
    await must(["ip", "link", "delete", name]);
  },
);
