import { describe, expect, test } from "bun:test";
import { bandwidthLab, IFB, LIMITS } from "../../../tests/support/bandwidth.ts";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const lab = bandwidthLab();

const { ingressRate, ingressBurst, egressRate, egressBurst } = LIMITS;
const INGRESS = { ingressRate, ingressBurst };
const EGRESS = { egressRate, egressBurst };
const bucket = (rate: number): unknown => ({
  ...{ kind: "tbf", handle: "1:", root: true },
  options: { rate, burst: 100_000, lat: 25_000 },
});

async function unchangedBy(work: () => Promise<unknown>): Promise<void> {
  const before = await lab.host.snapshot([lab.c1]);
  await work();
  expect(diff(before, await lab.host.snapshot([lab.c1]))).toEqual([]);
}

describe("ADD", () => {
  test("limits what goes to the container on the host's end of its veth pair", async () => {
    const result = await lab.must("ADD", INGRESS);
    expect(await lab.qdiscs(lab.hostEnd)).toMatchObject([bucket(1_000_000)]);
    expect([await lab.devices(), await lab.filters(lab.hostEnd)]).toEqual([[], []]);
    expect(result).toEqual(lab.prevResult as typeof result);
  });

  test("limits what comes from the container on an ifb device that everything goes through", async () => {
    await lab.must("ADD", EGRESS);
    expect(await lab.devices()).toEqual([IFB]);
    expect(await lab.link(IFB)).toMatchObject({
      ...{ mtu: 1400, ifalias: "net1 cid1 eth0" },
    });
    expect((await lab.link(IFB))?.flags).toContain("UP");
    expect((await lab.link(IFB))?.txqlen ?? 0).toBe(0);
    expect(await lab.qdiscs(IFB)).toMatchObject([bucket(2_000_000)]);
    const [first, ingress] = await lab.qdiscs(lab.hostEnd);
    expect([first, ingress]).toMatchObject([
      { kind: "noqueue" },
      { kind: "ingress", handle: "ffff:" },
    ]);
    expect(await lab.filters(lab.hostEnd)).toMatchObject([
      {
        ...{ kind: "u32", pref: 1, protocol: "all" },
        options: {
          match: { value: "0", mask: "0" },
          actions: [{ kind: "mirred", mirred_action: "redirect", to_dev: IFB }],
        },
      },
    ]);
  });

  test("adds the device to the end of the result, and changes nothing else in it", async () => {
    const result = await lab.must("ADD");
    const before = lab.prevResult as unknown as typeof result;
    const { address = "" } = (await lab.link(IFB)) ?? {};
    const device = { name: IFB, mac: address, mtu: 1400 };
    expect(result).toEqual({ ...before, interfaces: [...(before.interfaces ?? []), device] });
  });

  test("takes the limits of the runtime, and from the configuration alone when it has any", async () => {
    const runtimeConfig = { bandwidth: INGRESS };
    await lab.must("ADD", { ingressRate: 0, runtimeConfig });
    expect(await lab.qdiscs(lab.hostEnd)).toMatchObject([{ kind: "noqueue" }]);
    await lab.must("ADD", { runtimeConfig });
    expect(await lab.qdiscs(lab.hostEnd)).toMatchObject([bucket(1_000_000)]);
  });

  test("1025: a longer queue when the configuration asks for it", async () => {
    await lab.must("ADD", { ...LIMITS, latency: 100 });
    for (const dev of [lab.hostEnd, IFB]) {
      expect((await lab.qdiscs(dev))[0]?.options?.lat).toBe(100_000);
    }
  });

  test("without limits gives the previous result back and touches nothing", async () => {
    const none = { ingressRate: 0, ingressBurst: 0, egressRate: 0, egressBurst: 0 };
    await unchangedBy(async () => {
      for (const keys of [{}, none, { runtimeConfig: { bandwidth: {} } }]) {
        expect(await lab.must("ADD", keys)).toEqual(lab.prevResult);
      }
    });
  });

  test("own: without a previous result says so, with limits and without", async () => {
    for (const keys of [LIMITS, {}]) {
      const { json } = await lab.call("ADD", { ...keys, prevResult: null });
      expect(json).toMatchObject({ code: 7, msg: "must be called as chained plugin" });
    }
  });

  test("warns of a burst that no whole packet fits in", async () => {
    const { stderr, exitCode } = await lab.call("ADD", { ...INGRESS, ingressBurst: 8000 });
    expect([exitCode, stderr]).toEqual([
      0,
      "bandwidth: the burst to the container is 1000 bytes: larger packets are dropped, and vethhost0 has an MTU of 1400\n",
    ]);
  });

  test("a rate beyond 32 bits and a burst of minutes are what tc shows", async () => {
    const fast = { ingressRate: 40_000_000_000, ingressBurst: 80_000_000 };
    const slow = { egressRate: 1_000_000, egressBurst: 2_147_483_640 };
    await lab.must("ADD", { ...fast, ...slow });
    expect((await lab.qdiscs(lab.hostEnd))[0]?.options).toMatchObject({ rate: 5_000_000_000 });
    expect((await lab.qdiscs(IFB))[0]?.options).toMatchObject({ rate: 125_000 });
    await lab.must("CHECK", { ...fast, ...slow });
  });

  test("speaks versions from 0.3.0 on", async () => {
    expect(plugin.versions).toEqual(["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"]);
    const cniVersion = "0.2.0";
    expect((await lab.call("ADD", { ...LIMITS, cniVersion, prevResult: null })).json.code).toBe(1);
  });
});

describe("an interface whose traffic cannot be limited", () => {
  const named = (...names: string[]): unknown => ({
    cniVersion: "1.1.0",
    interfaces: names.map((name) => ({ name })),
  });

  test("is told before anything is touched", async () => {
    const { name } = lab.c1;
    await must(["ip", "-n", name, "link", "add", "br9", "type", "bridge"]);
    await must(["ip", "-n", name, "link", "add", "in0", "type", "veth", "peer", "name", "in1"]);
    const cases = [
      ["gone0", lab.prevResult, 4, "container interface gone0 has no veth peer: it is missing"],
      ["br9", lab.prevResult, 7, "container interface br9 has no veth peer: it is no veth but"],
      ["in0", lab.prevResult, 7, / is not in host ns$/],
      ["eth0", named(), 7, "no interfaces provided"],
      ["eth0", named("cni0"), 7, "no veth peer of container interface found in host ns"],
    ] as const;
    await unchangedBy(async () => {
      for (const [ifName, prevResult, code, words] of cases) {
        const { json } = await lab.call("ADD", { ...LIMITS, prevResult }, { ifName });
        expect(json.code).toBe(code);
        expect(json.msg).toMatch(words);
      }
    });
  });

  test("a host's end that the result has in a sandbox is not the host's", async () => {
    const interfaces = [{ name: lab.hostEnd, sandbox: "/run/netns/c1" }];
    const { json } = await lab.call("ADD", {
      ...{ ...LIMITS, prevResult: { cniVersion: "1.1.0", interfaces } },
    });
    expect(json.code).toBe(7);
    expect(json.details).toContain("does not list vethhost0");
  });

  test("a namespace that does not exist", async () => {
    const { json } = await lab.call("ADD", LIMITS, { netns: "/run/netns/none" });
    expect(json.code).toBe(4);
  });
});

describe("what others have there", () => {
  test("a second ADD says that there was one, and leaves its limits alone", async () => {
    await lab.must("ADD");
    await unchangedBy(async () => {
      const both = await lab.call("ADD");
      expect(both.json).toMatchObject({ code: 11, details: "call DEL for it first" });
      const { json } = await lab.call("ADD", EGRESS);
      expect(json).toMatchObject({
        ...{ code: 11, msg: `${IFB} is left over from an earlier ADD of this attachment` },
      });
    });
    await lab.must("DEL");
    await lab.must("ADD");
  });

  test("a root qdisc of somebody else is told, stays, and takes the ADD back", async () => {
    await must(["tc", "qdisc", "add", "dev", lab.hostEnd, "root", "handle", "7:", "pfifo"]);
    await unchangedBy(async () => {
      const { json } = await lab.call("ADD");
      expect(json).toMatchObject({
        ...{
          code: 5,
          msg: "vethhost0 has qdisc pfifo at its root, which somebody else has put there",
        },
      });
      expect((await lab.call("DEL")).exitCode).toBe(0);
    });
  });

  test.each(["ingress", "clsact"])("filters of an %s qdisc come first, and stay", async (kind) => {
    await must(["tc", "qdisc", "add", "dev", lab.hostEnd, kind]);
    const match = "protocol ip pref 40 u32 match ip dst 10.9.9.9/32 flowid 1:7";
    await must(["tc", "filter", "add", "dev", lab.hostEnd, "ingress", ...match.split(" ")]);
    await unchangedBy(async () => {
      await lab.must("ADD");
      expect(await lab.filters(lab.hostEnd)).toMatchObject([
        { pref: 40, options: { flowid: "1:7" } },
        { pref: 41, options: { actions: [{ to_dev: IFB }] } },
      ]);
      await lab.must("CHECK");
      await lab.must("DEL");
      expect(await lab.filters(lab.hostEnd)).toMatchObject([{ pref: 40 }]);
    });
  });

  test("own: a link that has the device's name already leaves the other name", async () => {
    await must(["ip", "link", "add", IFB, "type", "bridge"]);
    const { interfaces = [] } = await lab.must("ADD", EGRESS);
    const device = interfaces.at(-1)?.name ?? "";
    expect(device).toMatch(/^bwp[0-9a-f]{12}$/);
    expect(await lab.devices()).toEqual([device]);
    await lab.must("CHECK", EGRESS);
    await lab.must("DEL");
    expect([await lab.devices(), (await lab.link(IFB))?.ifname]).toEqual([[], IFB]);
    await must(["ip", "link", "delete", IFB]);
  });

  test("own: two interfaces of one container on one network have a device each", async () => {
    const mac = await lab.addVeth("eth1", "vethhost1");
    const interfaces = [{ name: "vethhost1", mac }];
    const second = { ...LIMITS, prevResult: { cniVersion: "1.1.0", interfaces } };
    await lab.must("ADD");
    const added = await lab.must("ADD", second, { ifName: "eth1" });
    expect((await lab.devices()).toSorted()).toEqual(
      [IFB, added.interfaces?.at(-1)?.name ?? ""].toSorted(),
    );
    await lab.must("CHECK", second, { ifName: "eth1" });
    await lab.must("DEL", second, { ifName: "eth1" });
    expect(await lab.devices()).toEqual([IFB]);
    await lab.must("CHECK");
    await lab.must("DEL");
    expect(await lab.devices()).toEqual([]);
  });
});

describe("a failed ADD", () => {
  test("takes the first limit back when the second cannot be made", async () => {
    // An ingress qdisc with a filter of the last priority leaves no place for ours.
    await must(["tc", "qdisc", "add", "dev", lab.hostEnd, "ingress"]);
    const match = "protocol ip pref 65535 u32 match ip dst 10.9.9.9/32 flowid 1:7";
    await must(["tc", "filter", "add", "dev", lab.hostEnd, "ingress", ...match.split(" ")]);
    await unchangedBy(async () => {
      const { json } = await lab.call("ADD");
      expect(json).toMatchObject({
        ...{ code: 5, msg: "no filter can come behind those of vethhost0: one has priority 65535" },
      });
    });
  });
});
