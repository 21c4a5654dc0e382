import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { must } from "../../../tests/support/exec.ts";
import { addressesOf, ipJson, linkOf } from "../../../tests/support/ip.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

const lab = pluginLab(plugin);
const { one } = lab;

/** A file of /proc/sys inside of the container. */
async function sysctl(key: string): Promise<string> {
  return (await lab.host.exec(one, ["cat", `/proc/sys/${key}`])).stdout.trim();
}

/** The host's end of the attachment. */
async function port(result: {
  interfaces?: readonly { name: string }[];
}): ReturnType<typeof linkOf> {
  return await linkOf(undefined, result.interfaces?.[1]?.name ?? "");
}

const slave = (link: Awaited<ReturnType<typeof linkOf>>, key: string): unknown =>
  link.linkinfo?.info_slave_data?.[key];

describe("without any key", () => {
  test("a bridge cni0, a veth pair, both up, and no addresses", async () => {
    const result = await lab.add({});
    const [bridge, outer, inner] = result.interfaces ?? [];
    const [onBridge, onHost, inside] = [
      await linkOf(undefined, "cni0"),
      await port(result),
      await linkOf(one, "eth0"),
    ];
    expect(result).toEqual({
      cniVersion: "1.1.0",
      interfaces: [
        { name: "cni0", mac: onBridge.address, mtu: 1500 },
        { name: outer?.name ?? "", mac: onHost.address, mtu: 1500 },
        { name: "eth0", mac: inside.address, mtu: 1500, sandbox: one.netns },
      ],
    });
    expect([bridge?.name, inner?.name]).toEqual(["cni0", "eth0"]);
    expect(onHost).toMatchObject({ master: "cni0", operstate: "UP", ifalias: "net1 id-one eth0" });
    expect(onBridge).toMatchObject({
      linkinfo: { info_kind: "bridge" },
      promiscuity: 0,
      mtu: 1500,
    });
    expect([onBridge.flags, inside.flags].map((flags) => flags.includes("UP"))).toEqual([
      true,
      true,
    ]);
    expect(await addressesOf(one, "eth0")).toEqual([]);
    expect(await addressesOf(undefined, "cni0")).toEqual([]);
    // Not even the address that links make for themselves: no packet is addressed to a port.
    const [address] = await ipJson(undefined, "address", "show", "dev", onHost.ifname);
    expect(address?.addr_info).toEqual([]);
    expect(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8")).toBe("0\n");
    expect(slave(onHost, "hairpin")).toBe(false);
    expect(slave(onHost, "isolated")).toBe(false);
  });

  test("805: MACs are given at creation, so the bridge keeps its own whatever ports come", async () => {
    const first = await lab.add({});
    const second = await lab.add({}, { ifName: "eth1" });
    const port = second.interfaces?.[1]?.name ?? "";
    await must(["ip", "link", "set", "dev", port, "address", "00:00:00:00:00:01"]);
    expect((await linkOf(undefined, "cni0")).address).toBe(first.interfaces?.[0]?.mac ?? "");
  });
});

describe("addresses", () => {
  test("IPv4 and IPv6 with their routes; IPv6 is not tentative when ADD returns", async () => {
    writeFileSync("/proc/sys/net/ipv6/conf/default/accept_dad", "1");
    const result = await lab.add({ ipam: ipam(4, 6) });
    expect(await addressesOf(one, "eth0")).toEqual([
      { address: "10.1.0.2/16", tentative: false },
      { address: "fd00:10:1::2/64", tentative: false },
    ]);
    expect(result.ips).toEqual([
      { address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 2 },
      { address: "fd00:10:1::2/64", gateway: "fd00:10:1::1", interface: 2 },
    ]);
    const routes = [...(await ipJson(one, "-4", "route")), ...(await ipJson(one, "-6", "route"))];
    expect(routes).toContainEqual(
      expect.objectContaining({ dst: "default", gateway: "10.1.0.1", dev: "eth0" }) as never,
    );
    expect(routes).toContainEqual(
      expect.objectContaining({ dst: "default", gateway: "fd00:10:1::1", dev: "eth0" }) as never,
    );
    writeFileSync("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
  });

  test("971: MTU, advmss and priority of a route are given to the kernel", async () => {
    const routes = [{ dst: "192.0.2.0/24", mtu: 1300, advmss: 1200, priority: 77 }];
    await lab.add({ ipam: { ...ipam(4), routes } });
    const [route] = await ipJson(one, "route", "show", "192.0.2.0/24");
    expect(route as unknown).toMatchObject({ metric: 77, metrics: [{ mtu: 1300, advmss: 1200 }] });
  });

  test("52: duplicate address detection is off, or on with enabledad, and then awaited", async () => {
    await lab.add({ ipam: ipam(6) });
    expect(await sysctl("net/ipv6/conf/eth0/accept_dad")).toBe("0");
    await lab.add({ enabledad: true, ipam: ipam(6) }, { ifName: "eth1" });
    expect(await sysctl("net/ipv6/conf/eth1/accept_dad")).toBe("1");
    expect(await addressesOf(one, "eth1")).toEqual([
      { address: "fd00:10:1::3/64", tentative: false },
    ]);
  });

  test("588: neighbours are told of the address by arp_notify", async () => {
    await lab.add({ ipam: ipam(4) });
    expect(await sysctl("net/ipv4/conf/eth0/arp_notify")).toBe("1");
  });

  test("IPv6 that is switched off in the container is switched on for an IPv6 address", async () => {
    await lab.host.exec(one, ["sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"]);
    await lab.add({ ipam: ipam(6) });
    expect(await addressesOf(one, "eth0")).toHaveLength(1);
    expect(await sysctl("net/ipv6/conf/lo/disable_ipv6")).toBe("0");
  });
});

describe("gateway", () => {
  test("isGateway: the gateway's addresses on the bridge, and the host forwards", async () => {
    await lab.add({ isGateway: true, ipam: ipam(4, 6) });
    expect(await addressesOf(undefined, "cni0")).toEqual([
      { address: "10.1.0.1/16", tentative: false },
      { address: "fd00:10:1::1/64", tentative: false },
    ]);
    expect(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8")).toBe("1\n");
    expect(readFileSync("/proc/sys/net/ipv6/conf/all/forwarding", "utf8")).toBe("1\n");
  });

  test("isGateway without a gateway from IPAM takes the subnet's first address", async () => {
    const answer = JSON.stringify({ cniVersion: "1.1.0", ips: [{ address: "10.9.8.7/21" }] });
    const entry = async (io: { stdout: (text: string) => void }): Promise<number> => {
      await Promise.resolve(io.stdout(answer));
      return 0;
    };
    const result = await lab.add(
      { isGateway: true, ipam: { type: "host-local" } },
      { ipam: entry },
    );
    expect(result.ips).toEqual([{ address: "10.9.8.7/21", gateway: "10.9.8.1", interface: 2 }]);
    expect(await addressesOf(undefined, "cni0")).toMatchObject([{ address: "10.9.8.1/21" }]);
  });

  test("isDefaultGateway: a default route each, but not beside one through a gateway", async () => {
    const { routes: _, ...bare } = ipam(4, 6);
    const result = await lab.add({ isDefaultGateway: true, ipam: bare });
    const wanted = [
      { dst: "0.0.0.0/0", gw: "10.1.0.1" },
      { dst: "::/0", gw: "fd00:10:1::1" },
    ];
    expect(result.routes).toEqual(wanted);
    expect(await addressesOf(undefined, "cni0")).toHaveLength(2);
    const routes = [{ dst: "0.0.0.0/0", gw: "10.1.0.9" }];
    const second = await lab.add(
      { isDefaultGateway: true, ipam: { ...ipam(4), routes } },
      { ifName: "eth1" },
    );
    expect(second.routes).toEqual(routes);
  });

  test("a bridge with another IPv4 address is refused, and changed with forceAddress", async () => {
    const other = { type: "host-local", subnet: "10.2.0.0/16" };
    await lab.add({ isGateway: true, ipam: ipam(4) });
    const keys = { isGateway: true, ipam: other };
    const { json } = await lab.call("ADD", keys, { ifName: "eth1" });
    expect(json).toMatchObject({
      code: 7,
      msg: 'failed to set bridge addr: "cni0" already has an IP address different from 10.2.0.1/16',
      details: expect.stringContaining("10.1.0.1/16") as string,
    });
    await lab.add({ ...keys, forceAddress: true }, { ifName: "eth1" });
    expect(await addressesOf(undefined, "cni0")).toEqual([
      { address: "10.2.0.1/16", tentative: false },
    ]);
  });

  test("D321 two IPv4 subnets of one configuration have their gateways beside each other", async () => {
    const ranges = [[{ subnet: "10.1.0.0/16" }], [{ subnet: "10.2.0.0/16" }]];
    const keys = { isDefaultGateway: true, ipam: { type: "host-local", ranges } };
    const result = await lab.add(keys);
    expect(await addressesOf(undefined, "cni0")).toEqual([
      { address: "10.1.0.1/16", tentative: false },
      { address: "10.2.0.1/16", tentative: false },
    ]);
    expect(result.routes).toEqual([{ dst: "0.0.0.0/0", gw: "10.1.0.1" }]);
    await lab.add({ ...keys, forceAddress: true }, { ifName: "eth1" });
    expect(await addressesOf(undefined, "cni0")).toHaveLength(2);
    expect((await lab.call("CHECK", { ...keys, prevResult: result })).exitCode).toBe(0);
    await lab.add({ isGateway: true, ipam: ipam(4) }, { ifName: "eth2" });
    const other = { type: "host-local", subnet: "10.3.0.0/16" };
    const refused = await lab.call("ADD", { isGateway: true, ipam: other }, { ifName: "eth3" });
    expect(refused.json).toMatchObject({ code: 7 });
  });

  test("IPv6 addresses of other subnets stay beside each other", async () => {
    const other = { type: "host-local", subnet: "fd00:99::/64" };
    await lab.add({ isGateway: true, ipam: ipam(6) });
    await lab.add({ isGateway: true, ipam: other }, { ifName: "eth1" });
    expect(await addressesOf(undefined, "cni0")).toHaveLength(2);
  });
});

test("D320 a bridge that is named as its own IPAM plugin is refused; DEL and GC end", async () => {
  const keys = { ipam: { type: "bridge" } };
  for (const operation of ["ADD", "STATUS", "GC"] as const) {
    const { json } = await lab.call(operation, { ...keys, "cni.dev/valid-attachments": [] });
    expect(json).toMatchObject({
      code: 7,
      msg: expect.stringContaining("its own delegate") as string,
    });
  }
  expect((await lab.call("DEL", keys)).exitCode).toBe(0);
});

describe("links", () => {
  test("bridge names the bridge; an existing one is used as it is", async () => {
    await must(["ip", "link", "add", "mine", "mtu", "1400", "type", "bridge"]);
    await lab.add({ bridge: "mine", mtu: 1300 });
    expect(await linkOf(undefined, "mine")).toMatchObject({
      flags: expect.arrayContaining(["UP"]) as never,
    });
    expect(
      (await ipJson(undefined, "link", "show", "type", "bridge")).map((each) => each.ifname),
    ).toEqual(["mine"]);
  });

  test("a link of that name that is no bridge is refused and not touched", async () => {
    await must(["ip", "link", "add", "mine", "type", "veth", "peer", "name", "yours"]);
    const before = await lab.host.snapshot([one]);
    const { json } = await lab.call("ADD", { bridge: "mine" });
    expect(json).toMatchObject({
      code: 7,
      msg: 'failed to create bridge "mine": "mine" already exists but is not a bridge',
    });
    expect(await lab.host.snapshot([one])).toEqual(before);
    await must(["ip", "link", "delete", "mine"]);
  });

  test("mtu: of the bridge that is made and of both ends; negative is the kernel's choice", async () => {
    const result = await lab.add({ mtu: 1400 });
    expect((await linkOf(undefined, "cni0")).mtu).toBe(1400);
    expect([(await port(result)).mtu, (await linkOf(one, "eth0")).mtu]).toEqual([1400, 1400]);
    await lab.add({ mtu: -5 }, { ifName: "eth1" });
    expect((await linkOf(one, "eth1")).mtu).toBe(1500);
  });

  test("hairpinMode and portIsolation are flags of the port", async () => {
    const hairpin = await port(await lab.add({ hairpinMode: true }));
    expect([slave(hairpin, "hairpin"), slave(hairpin, "isolated")]).toEqual([true, false]);
    const isolated = await port(await lab.add({ portIsolation: true }, { ifName: "eth1" }));
    expect([slave(isolated, "hairpin"), slave(isolated, "isolated")]).toEqual([false, true]);
  });

  test("promiscMode makes the bridge promiscuous, an existing one too", async () => {
    await lab.add({});
    await lab.add({ promiscMode: true }, { ifName: "eth1" });
    const { flags, promiscuity } = await linkOf(undefined, "cni0");
    expect([flags.includes("PROMISC"), promiscuity]).toEqual([true, 1]);
  });

  test("disableContainerInterface: no addresses, and the container's end stays down", async () => {
    const result = await lab.add({ disableContainerInterface: true });
    expect((await linkOf(one, "eth0")).flags).not.toContain("UP");
    expect(result.ips ?? []).toEqual([]);
    expect((await port(result)).master).toBe("cni0");
  });

  test("MAC: CNI_ARGS < args.cni < capability", async () => {
    const mac = (last: number): string => `c2:00:00:00:00:0${last}`;
    const keys: Keys[] = [
      {},
      { args: { cni: { mac: mac(2) } } },
      { args: { cni: { mac: mac(2) } }, runtimeConfig: { mac: mac(3) } },
    ];
    for (const [at, each] of keys.entries()) {
      const result = await lab.add(each, { args: `MAC=${mac(1)}`, ifName: `eth${at}` });
      expect(result.interfaces?.[2]?.mac).toBe(mac(at + 1));
      expect((await linkOf(one, `eth${at}`)).address).toBe(mac(at + 1));
    }
  });

  test("own: MAC of CNI_ARGS does not make host-local fail, in ADD, CHECK and DEL", async () => {
    const args = "MAC=c2:00:00:00:00:01";
    const keys = { ipam: ipam(4) };
    const seen: (string | undefined)[] = [];
    const onIpam = ({ env }: { env: Keys }): void => {
      seen.push(env["CNI_ARGS"] as string);
    };
    const result = await lab.add(keys, { args, onIpam });
    expect(result.interfaces?.[2]?.mac).toBe("c2:00:00:00:00:01");
    const again = { ...keys, prevResult: result };
    expect(await lab.call("CHECK", again, { args, onIpam })).toMatchObject({ exitCode: 0 });
    expect(await lab.call("DEL", again, { args, onIpam })).toMatchObject({ exitCode: 0 });
    expect(seen).toEqual(Array.from({ length: 3 }, () => `IgnoreUnknown=1;${args}`));
  });

  test("CNI_ARGS without a MAC, or with IgnoreUnknown, reach IPAM as they are", async () => {
    const seen: unknown[] = [];
    const onIpam = ({ env }: { env: Keys }): void => void seen.push(env["CNI_ARGS"]);
    const all = ["IgnoreUnknown=1;K8S_POD_NAME=p", "IgnoreUnknown=true;MAC=c2:00:00:00:00:01"];
    for (const [at, args] of all.entries()) {
      await lab.add({ ipam: ipam(4) }, { args, onIpam, ifName: `eth${at}` });
    }
    expect(seen).toEqual(all);
  });

  test("dns of the configuration takes the place of IPAM's, an empty list too", async () => {
    const dns = { nameservers: ["10.1.0.1"], domain: "example.org", search: ["a"], options: ["b"] };
    expect((await lab.add({ dns })).dns).toEqual(dns);
    const answer = JSON.stringify({
      cniVersion: "1.1.0",
      ips: [{ address: "10.1.0.9/16" }],
      dns: { nameservers: ["192.0.2.9"] },
    });
    const entry = async (io: { stdout: (text: string) => void }): Promise<number> => {
      await Promise.resolve(io.stdout(answer));
      return 0;
    };
    const own = await lab.add({ ipam: ipam(4) }, { ipam: entry, ifName: "eth1" });
    expect(own.dns).toEqual({ nameservers: ["192.0.2.9"] });
    const empty = { ipam: ipam(4), dns: { nameservers: [] } };
    const none = await lab.add(empty, { ipam: entry, ifName: "eth2" });
    expect(none.dns?.["nameservers"] ?? []).toEqual([]);
  });
});

describe("what is refused before anything is touched", () => {
  const refused: [string, Keys, number, string][] = [
    ["an impossible trunk", { vlanTrunk: [{ id: 0 }] }, 7, "incorrect trunk id parameter"],
    ["an impossible vlan", { vlan: 4095 }, 7, "invalid VLAN ID 4095 (must be between 0 and 4094)"],
    [
      "hairpin with promiscuous mode",
      { hairpinMode: true, promiscMode: true },
      7,
      "cannot set hairpin mode and promiscuous mode at the same time",
    ],
    [
      "IPAM for an interface that stays down",
      { disableContainerInterface: true, ipam: ipam(4) },
      7,
      "cannot use IPAM when DisableContainerInterface flag is set",
    ],
    ["an unknown backend", { ipMasqBackend: "pf" }, 7, 'unknown ipmasq backend "pf"'],
    ["a MAC that is none", { args: { cni: { mac: "x" } } }, 7, "address x: invalid MAC address"],
    ["a bridge's name that is a path", { bridge: "../a" }, 7, 'invalid bridge name "../a"'],
    ["a value of the wrong type", { mtu: "1400" }, 7, '"mtu" is "1400"'],
  ];
  test.each(refused)("%s", async (_what, keys, code, text) => {
    const before = await lab.host.snapshot([one]);
    const { json } = await lab.call("ADD", keys);
    expect(json).toMatchObject({ code, msg: expect.stringContaining(text) as string });
    expect(await lab.host.snapshot([one])).toEqual(before);
  });

  test("unknown CNI_ARGS", async () => {
    const { json } = await lab.call("ADD", {}, { args: "FOO=1" });
    expect(json).toMatchObject({ code: 4, msg: 'ARGS: unknown args ["FOO=1"]' });
  });
});
