import { beforeEach, describe, expect, test } from "bun:test";
import { bandwidthLab, IFB, LIMITS } from "../../../tests/support/bandwidth.ts";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";

failOnLeakedDescriptors();

const lab = bandwidthLab();
beforeEach(async () => await lab.remember());

const run = (line: string): Promise<string> => must(line.split(" "));
const nothing = { prevResult: null };
const left = async (): Promise<string[]> => await lab.differences();

describe("DEL", () => {
  test("removes everything, twice too, and reads no limits for it", async () => {
    await lab.must("ADD");
    await lab.must("DEL", { ingressRate: "nonsense", runtimeConfig: [] });
    expect(await left()).toEqual([]);
    await lab.must("DEL");
    await lab.must("DEL", nothing);
    expect(await left()).toEqual([]);
  });

  test("finds the host's end in the namespace alone", async () => {
    await lab.must("ADD");
    await lab.must("DEL", nothing);
    expect(await left()).toEqual([]);
  });

  test("finds the host's end by the previous result when the namespace is not told", async () => {
    await lab.must("ADD");
    await lab.must("DEL", {}, { netns: "" });
    expect(await left()).toEqual([]);
  });

  test("of a name that is another link's by now leaves that link alone", async () => {
    await lab.must("ADD");
    const interfaces = [{ name: lab.hostEnd, mac: "02:00:00:00:00:99" }];
    const prevResult = { cniVersion: "1.1.0", interfaces };
    await lab.must("DEL", { prevResult }, { netns: "/run/netns/none" });
    expect((await lab.qdiscs(lab.hostEnd))[0]?.kind).toBe("tbf");
    expect(await lab.devices()).toEqual([]);
  });

  test.each([
    ["the device", `ip link delete ${IFB}`],
    ["the veth pair", "ip link delete vethhost0"],
    ["the filter", "tc filter del dev vethhost0 ingress"],
    ["the ingress qdisc", "tc qdisc del dev vethhost0 ingress"],
    ["the limit", "tc qdisc del dev vethhost0 root"],
  ])("goes on when %s is gone", async (_what, command) => {
    await lab.must("ADD");
    await run(command);
    await lab.must("DEL");
    expect(await lab.devices()).toEqual([]);
    expect((await left()).filter((line) => line.startsWith("+ "))).toEqual([]);
  });

  test("4.1: removes the device when the namespace is gone, and nothing else is known", async () => {
    await lab.must("ADD");
    const { netns } = lab.c1;
    await lab.host.remove(lab.c1);
    await lab.host.settled();
    await lab.must("DEL", nothing, { netns });
    expect(await lab.devices()).toEqual([]);
  });

  test("removes a device without a mark that has the attachment's name", async () => {
    await run(`ip link add ${IFB} type ifb`);
    await lab.must("DEL", nothing);
    expect(await lab.devices()).toEqual([]);
  });

  test("leaves a device of another attachment that has the same name", async () => {
    await lab.must("ADD", LIMITS);
    await lab.must("DEL", nothing, { ifName: "eth1" });
    await lab.must("CHECK");
  });

  test("leaves a host's end with the mark of another attachment, where a container swaps names", async () => {
    await lab.must("ADD");
    await must(["ip", "link", "set", lab.hostEnd, "alias", "net2 cid1 eth1"]);
    await lab.must("DEL");
    expect((await lab.qdiscs(lab.hostEnd))[0]?.kind).toBe("tbf");
  });

  test("does not mind an alias that others have given the host's end", async () => {
    await must(["ip", "link", "set", lab.hostEnd, "alias", "tenant-7"]);
    await lab.must("ADD");
    await lab.must("DEL");
    expect((await lab.qdiscs(lab.hostEnd)).map(({ kind }) => kind)).toEqual(["noqueue"]);
  });

  test("of an unknown namespace goes by the redirection, and by no name alone", async () => {
    const gone = { netns: "/run/netns/none" };
    await lab.must("ADD", { ingressRate: 8_000_000, ingressBurst: 800_000 });
    await lab.must("DEL", {}, gone);
    expect((await lab.qdiscs(lab.hostEnd))[0]?.kind).toBe("tbf");
    await lab.must("DEL");
    await lab.must("ADD");
    await lab.must("DEL", {}, gone);
    expect(await left()).toEqual([]);
  });

  test("leaves a root qdisc that somebody else has put there since", async () => {
    await lab.must("ADD");
    await run("tc qdisc replace dev vethhost0 root handle 7: pfifo");
    await lab.must("DEL");
    expect(await lab.qdiscs(lab.hostEnd)).toMatchObject([{ kind: "pfifo", handle: "7:" }]);
  });
});

describe("GC", () => {
  const valid = (...ids: string[]): Record<string, unknown> => ({
    "cni.dev/valid-attachments": ids.map((containerID) => ({ containerID, ifname: "eth0" })),
  });

  test("removes devices of attachments that are not valid, of this network alone", async () => {
    await lab.must("ADD");
    await lab.must("GC", valid("cid1"));
    await lab.must("GC", { ...valid(), name: "net2" });
    await lab.must("CHECK");
    await lab.must("GC", valid("other"));
    expect(await lab.devices()).toEqual([]);
  });

  test("takes the limits off a host's end that bears the attachment's mark", async () => {
    await run("ip link set vethhost0 alias net1.cid1.eth0");
    await lab.must("ADD");
    const alias = (await lab.link(IFB))?.ifalias ?? "";
    await must(["ip", "link", "set", "vethhost0", "alias", alias]);
    await lab.must("GC", valid());
    expect(await lab.qdiscs(lab.hostEnd)).toMatchObject([{ kind: "noqueue" }]);
  });

  test("leaves devices without a mark: nobody can tell whose they are", async () => {
    await run(`ip link add ${IFB} type ifb`);
    await lab.must("GC", valid());
    expect(await lab.devices()).toEqual([IFB]);
  });

  test("leaves links of other kinds that bear the mark", async () => {
    await run("ip link add br9 type bridge");
    await must(["ip", "link", "set", "br9", "alias", "net1 cid1 eth0"]);
    await lab.must("GC", valid());
    expect(await lab.link("br9")).toBeDefined();
  });
});
