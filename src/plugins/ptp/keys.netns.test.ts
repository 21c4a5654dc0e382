import { describe, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { addressesOf, ipJson, linkOf } from "../../../tests/support/ip.ts";
import { type CallOptions, ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

/** A server on the host itself answers with the address that it is asked from. */
const HOST: Container = { name: "host", netns: "/proc/self/ns/net" };
const lab = pluginLab(plugin, { prepare: (made) => made.serveAlways(HOST) });
const { one } = lab;

/** An IPAM plugin that gives these addresses, and no routes. */
function giving(...ips: { address: string; gateway?: string }[]): CallOptions {
  const answer = JSON.stringify({ cniVersion: "1.1.0", ips });
  return {
    ipam: async (io) => {
      await Promise.resolve(io.env["CNI_COMMAND"] === "ADD" && io.stdout(answer));
      return 0;
    },
  };
}

/** The routing table as `ip route` prints it; the kernel's own link-local routes do not count. */
async function routes(where: Container | undefined, family: "-4" | "-6"): Promise<string[]> {
  const inside = where === undefined ? [] : ["-n", where.name];
  const text = await must(["ip", ...inside, family, "route"]);
  return text
    .split("\n")
    .map((line) => line.replace(/ (pref medium|linkdown|proto kernel)/gu, "").trim())
    .filter((line) => line !== "" && !line.startsWith("fe80::"));
}

describe("addresses and routes", () => {
  test("IPv4: the subnet is behind the gateway, and the gateway is the host", async () => {
    const result = await lab.add({ ipam: ipam(4) });
    const [outer] = result.interfaces ?? [];
    const inside = await linkOf(one, "eth0");
    const onHost = await linkOf(undefined, outer?.name ?? "");
    expect(result).toEqual({
      cniVersion: "1.1.0",
      interfaces: [
        { name: onHost.ifname, mac: onHost.address, mtu: 1500 },
        { name: "eth0", mac: inside.address, mtu: 1500, sandbox: one.netns },
      ],
      ips: [{ address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 1 }],
      routes: [{ dst: "0.0.0.0/0" }],
    });
    expect(onHost).toMatchObject({ operstate: "UP", ifalias: "net1 id-one eth0" });
    expect(await addressesOf(one, "eth0")).toEqual([{ address: "10.1.0.2/16", tentative: false }]);
    expect(await routes(one, "-4")).toEqual([
      "default via 10.1.0.1 dev eth0",
      "10.1.0.0/16 via 10.1.0.1 dev eth0 src 10.1.0.2",
      "10.1.0.1 dev eth0 scope link src 10.1.0.2",
    ]);
    expect(await addressesOf(undefined, onHost.ifname)).toEqual([
      { address: "10.1.0.1/32", tentative: false },
    ]);
    expect(await routes(undefined, "-4")).toEqual([`10.1.0.2 dev ${onHost.ifname} scope host`]);
  });

  test("IPv6, and both families; no address is tentative when ADD returns", async () => {
    await Bun.write("/proc/sys/net/ipv6/conf/default/accept_dad", "1");
    const result = await lab.add({ ipam: ipam(4, 6) });
    const [shown] = await ipJson(one, "-6", "address", "show", "dev", "eth0", "scope", "global");
    const addresses: unknown = expect.arrayContaining([expect.objectContaining({ nodad: true })]);
    expect(shown).toMatchObject({ addr_info: addresses });
    const name = result.interfaces?.[0]?.name ?? "";
    expect(await addressesOf(one, "eth0")).toEqual([
      { address: "10.1.0.2/16", tentative: false },
      { address: "fd00:10:1::2/64", tentative: false },
    ]);
    expect(await addressesOf(undefined, name)).toEqual([
      { address: "10.1.0.1/32", tentative: false },
      { address: "fd00:10:1::1/128", tentative: false },
    ]);
    expect(await routes(one, "-6")).toEqual([
      "fd00:10:1::1 dev eth0 src fd00:10:1::2 metric 1024",
      "fd00:10:1::/64 via fd00:10:1::1 dev eth0 src fd00:10:1::2 metric 1024",
      "default via fd00:10:1::1 dev eth0 metric 1024",
    ]);
    expect(await routes(undefined, "-6")).toEqual([
      `fd00:10:1::1 dev ${name} metric 256`,
      `fd00:10:1::2 dev ${name} metric 1024`,
    ]);
    await Bun.write("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
  });

  test("IPv6 that is switched off for new links of the host", async () => {
    await Bun.write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    const result = await lab.add({ ipam: ipam(6) });
    await Bun.write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "0");
    expect(await addressesOf(undefined, result.interfaces?.[0]?.name ?? "")).toEqual([
      { address: "fd00:10:1::1/128", tentative: false },
    ]);
    expect(await askFrom(one, "fd00:10:1::1", 80)).toBe("host fd00:10:1::2");
  });

  test("several addresses of one subnet", async () => {
    const gateway = "10.9.0.1";
    const ips = ["10.9.0.5/24", "10.9.0.6/24"].map((address) => ({ address, gateway }));
    const result = await lab.add({ ipam: { type: "host-local" } }, giving(...ips));
    const name = result.interfaces?.[0]?.name ?? "";
    expect(await routes(one, "-4")).toEqual([
      "10.9.0.0/24 via 10.9.0.1 dev eth0 src 10.9.0.5",
      "10.9.0.1 dev eth0 scope link src 10.9.0.5",
    ]);
    expect(await routes(undefined, "-4")).toEqual([
      `10.9.0.5 dev ${name} scope host`,
      `10.9.0.6 dev ${name} scope host`,
    ]);
    expect(await addressesOf(undefined, name)).toHaveLength(1);
    const check = { ipam: { type: "host-local" }, prevResult: result };
    expect(await lab.call("CHECK", check, giving(...ips))).toMatchObject({
      exitCode: 0,
    });
  });

  test("an address without a subnet, behind a gateway of link-local kind", async () => {
    const ips = [
      { address: "10.9.0.5/32", gateway: "169.254.1.1" },
      { address: "fd09::5/128", gateway: "fe80::1" },
    ];
    const keys = { ipam: { type: "host-local" } };
    await lab.add(keys, giving(...ips));
    expect(await routes(one, "-4")).toEqual(["169.254.1.1 dev eth0 scope link src 10.9.0.5"]);
    expect(await askFrom(one, "169.254.1.1", 80)).toBe("host 10.9.0.5");
    expect(await askFrom(one, "fe80::1%eth0", 80)).toStartWith("host fd09::5");
  });

  const defaults: [string, string][] = [
    ["10.9.8.7/21", "10.9.8.1"],
    ["fd09::5/64", "fd09::1"],
    ["10.9.0.2/31", "10.9.0.3"],
    ["10.9.0.3/31", "10.9.0.2"],
  ];
  test.each(defaults)("%s without a gateway gets %s", async (address, gateway) => {
    const result = await lab.add({ ipam: { type: "host-local" } }, giving({ address }));
    expect(result.ips).toEqual([{ address, gateway, interface: 1 }]);
    expect(await askFrom(one, gateway, 80)).toBe(`host ${address.split("/")[0] ?? ""}`);
  });

  const impossible: [string, { address: string; gateway?: string }, string][] = [
    ["a lone address without gateway", { address: "10.9.0.5/32" }, "10.9.0.5/32 has no gateway"],
    [
      "an address that would be its own gateway",
      { address: "10.9.0.1/24" },
      "10.9.0.1/24 is its own gateway",
    ],
    [
      "a gateway of another family",
      { address: "10.9.0.5/24", gateway: "fd09::1" },
      "is of another family",
    ],
  ];
  test.each(impossible)("%s is refused, and nothing stays", async (_what, ip, text) => {
    const before = await lab.host.snapshot([one]);
    const keys = { ipam: { type: "host-local" } };
    const { json } = await lab.call("ADD", keys, giving(ip));
    expect(json).toMatchObject({ code: 7, msg: expect.stringContaining(text) as string });
    expect(await lab.host.snapshot([one])).toEqual(before);
  });
});

describe("other keys", () => {
  test("mtu is of both ends; negative is the kernel's choice", async () => {
    const result = await lab.add({ ipam: ipam(4), mtu: 1400 });
    expect(result.interfaces?.map(({ mtu }) => mtu)).toEqual([1400, 1400]);
    await lab.add({ ipam: ipam(4), mtu: -3 }, { ifName: "eth1" });
    expect((await linkOf(one, "eth1")).mtu).toBe(1500);
  });

  test("dns of the configuration takes the place of IPAM's only when it says something", async () => {
    const nameservers = ["192.0.2.53"];
    const given: CallOptions = {
      ipam: async (io) => {
        const ips = [{ address: "10.9.0.5/24" }];
        const answer = JSON.stringify({ cniVersion: "1.1.0", ips, dns: { nameservers } });
        await Promise.resolve(io.env["CNI_COMMAND"] === "ADD" && io.stdout(answer));
        return 0;
      },
    };
    const keys = { ipam: { type: "host-local" } };
    expect((await lab.add(keys, given)).dns).toEqual({ nameservers });
    await lab.call("DEL", keys, given);
    const own = { ...keys, dns: { search: ["example.org"] } };
    expect((await lab.add(own, given)).dns).toEqual({ search: ["example.org"] });
  });

  test("CNI_ARGS and a MAC are nothing to this plugin", async () => {
    await lab.add({ ipam: ipam(4) }, { args: "IgnoreUnknown=1;K8S_POD_NAME=p" });
    expect(await ipJson(one, "link", "show", "type", "veth")).toHaveLength(1);
  });
});

describe("what is refused before anything is touched", () => {
  const refused: [string, Keys, string][] = [
    ["no IPAM plugin", {}, 'ptp needs an IPAM plugin: "ipam" has no "type"'],
    ["an unknown backend", { ipam: ipam(4), ipMasqBackend: "pf" }, 'unknown ipmasq backend "pf"'],
    ["an impossible MTU", { ipam: ipam(4), mtu: 70_000 }, "invalid MTU 70000"],
    ["a value of the wrong type", { ipam: ipam(4), ipMasq: "yes" }, '"ipMasq" is "yes"'],
  ];
  test.each(refused)("%s", async (_what, keys, text) => {
    const before = await lab.host.snapshot([one]);
    for (const verb of ["ADD", "STATUS"] as const) {
      const { json } = await lab.call(verb, keys);
      expect(json).toMatchObject({ code: 7, msg: expect.stringContaining(text) as string });
    }
    expect(await lab.host.snapshot([one])).toEqual(before);
  });
});
