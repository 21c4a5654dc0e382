import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { ADVERTISED, advertise } from "../../../tests/support/advertiser.ts";
import { must, run } from "../../../tests/support/exec.ts";
import { linkOf } from "../../../tests/support/ip.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { until } from "../../../tests/support/until.ts";
import { plugin } from "./index.ts";

/** A bridge that another program made is as safe as one that ADD makes. */

const lab = pluginLab(plugin, { containers: ["one", "two"] });
const { one, two } = lab;

const KEYS: Keys = { isGateway: true, ipam: ipam(4) };
const BOTH: Keys = { isGateway: true, ipam: ipam(4, 6) };
const NO_MAC = "00:00:00:00:00:00";
/** Longer than the kernel takes to act on an advertisement. */
const ACTS_WITHIN_MS = 300;

const conf = (key: string, link = "cni0"): string => `/proc/sys/net/ipv6/conf/${link}/${key}`;
const read = (path: string): string => readFileSync(path, "utf8").trim();

async function make(name = "cni0"): Promise<void> {
  await must(["ip", "link", "add", name, "type", "bridge"]);
  await must(["ip", "link", "set", name, "up"]);
}

async function macOf(name = "cni0"): Promise<string> {
  return (await linkOf(undefined, name)).address ?? "";
}

/** Until an address of the link may be used, so that the kernel listens on it. */
async function settled(netns: string, ifName: string): Promise<void> {
  const tentative = ["ip", "-n", netns, "-6", "address", "show", "dev", ifName, "tentative"];
  await until("no address is tentative", async () => (await must(tentative)) === "");
}

async function advertisedOnHost(): Promise<string> {
  advertise(one.netns, "eth0");
  await Bun.sleep(ACTS_WITHIN_MS);
  const routes = await must(["ip", "-6", "route", "show", "default"]);
  const addresses = await must(["ip", "-6", "address", "show", "dev", "cni0"]);
  return `${routes}${addresses.includes(ADVERTISED) ? addresses : ""}`;
}

describe("what a container advertises on the bridge", () => {
  beforeEach(async () => await make());

  test("case P4: a bridge that exists takes no route from a container", async () => {
    await lab.add(KEYS);
    await settled("one", "eth0");
    expect(await advertisedOnHost()).toBe("");
  });

  test("case P4, kind: the bridge was another network's, and has become a gateway by now", async () => {
    await lab.add({ name: "layer2" }, { container: two });
    await lab.add(KEYS);
    await settled("one", "eth0");
    expect([await advertisedOnHost(), read(conf("accept_ra"))]).toEqual(["", "0"]);
  });

  test("case P4, kind: what such a bridge took before is said, and an ADD that fails changes nothing", async () => {
    await lab.add({ name: "layer2" });
    await settled("one", "eth0");
    expect(await advertisedOnHost()).toContain("default via fe80::bad dev cni0");
    await lab.must("DEL", { name: "layer2" });
    const broken = { ...KEYS, ipam: { type: "host-local", subnet: "10.1.0.0/33" } };
    expect(await lab.call("ADD", broken)).toMatchObject({ exitCode: 1 });
    expect(read(conf("accept_ra"))).toBe("1");
    const { stderr } = await lab.call("ADD", KEYS);
    expect(stderr).toContain("bridge cni0 takes no more router advertisements");
  });

  test("a bridge by which the host is no gateway is left as it is", async () => {
    await lab.add({ ipam: ipam(4) });
    expect(read(conf("accept_ra"))).toBe("1");
  });
});

describe("the MAC of the bridge", () => {
  test("case U1: it stays when the container goes whose port lent it", async () => {
    await make();
    const ports: string[] = [];
    for (const container of [one, two]) {
      const { interfaces = [] } = await lab.add(KEYS, { container });
      ports.push(interfaces[1]?.mac ?? "");
    }
    const mac = await macOf();
    expect(mac).not.toBe(NO_MAC);
    for (const container of [one, two]) {
      await lab.must("DEL", KEYS, { container });
      expect(await macOf()).toBe(mac);
    }
  });

  test("case U1, kind: a bridge without any MAC gets one of its own, before a port joins", async () => {
    await make();
    await must(["ip", "link", "add", "port0", "type", "veth", "peer", "name", "port1"]);
    await must(["ip", "link", "set", "port0", "master", "cni0"]);
    await must(["ip", "link", "delete", "port0"]);
    expect(await macOf()).toBe(NO_MAC);
    const { interfaces = [] } = await lab.add(KEYS);
    const mac = await macOf();
    expect([interfaces[0]?.mac, mac === NO_MAC, mac === interfaces[1]?.mac]).toEqual([
      mac,
      false,
      false,
    ]);
    await lab.must("DEL", KEYS);
    expect(await macOf()).toBe(mac);
  });

  test("case U1, kind: where the gateway's address and a port that lent its MAC are there already", async () => {
    await make();
    await must(["ip", "address", "add", "10.1.0.1/16", "dev", "cni0"]);
    await must(["ip", "link", "add", "port0", "type", "veth", "peer", "name", "port1"]);
    await must(["ip", "link", "set", "port0", "master", "cni0"]);
    const mac = await macOf();
    expect(mac).toBe(await macOf("port0"));
    await lab.add(KEYS);
    await must(["ip", "link", "delete", "port0"]);
    expect(await macOf()).toBe(mac);
  });

  test("case U1, kind: where sysfs shows another namespace, the ports tell", async () => {
    await must(["mount", "-t", "tmpfs", "none", "/sys"]);
    try {
      await make();
      await lab.must("ADD", { name: "layer2" });
      const mac = await macOf();
      await lab.add(KEYS, { container: two });
      await lab.must("DEL", { name: "layer2" });
      expect(await macOf()).toBe(mac);
    } finally {
      await must(["umount", "/sys"]);
    }
  });

  test("a neighbour that an operator has set stays when the bridge is given its MAC", async () => {
    await make();
    const neighbour = ["10.1.99.99", "lladdr", "02:00:00:00:00:99", "dev", "cni0"];
    await must(["ip", "neighbour", "add", ...neighbour, "nud", "permanent"]);
    await lab.add(KEYS);
    const shown = await must(["ip", "neighbour", "show", "dev", "cni0"]);
    expect(shown).toContain("10.1.99.99 lladdr 02:00:00:00:00:99 PERMANENT");
  });

  // Setting the MAC, even to the same, makes the kernel forget them.
  for (const type of ["sysfs", "tmpfs"]) {
    const name = `the next ADD lets the bridge know its neighbours, where ${type} is at /sys`;
    test(name, async () => {
      await must(["mount", "-t", type, "none", "/sys"]);
      try {
        await make();
        if (type === "sysfs") await lab.must("ADD", { name: "layer2" }); // the bridge takes its MAC
        await lab.add(KEYS, { ifName: "eth1" });
        const neighbour = ["10.1.99.99", "lladdr", "02:00:00:00:00:99", "dev", "cni0"];
        await must(["ip", "neighbour", "add", ...neighbour, "nud", "permanent"]);
        await lab.add(KEYS, { container: two });
        expect(await must(["ip", "neighbour", "show", "dev", "cni0"])).toContain("10.1.99.99");
      } finally {
        await must(["umount", "/sys"]);
      }
    });
  }
});

describe("IPv6 that is switched off", () => {
  const DEFAULT = conf("disable_ipv6", "default");
  let before = "0";
  beforeEach(() => {
    before = read(DEFAULT);
  });
  afterEach(() => {
    writeFileSync(DEFAULT, before);
    writeFileSync(conf("disable_ipv6", "all"), "0");
  });

  const gateways = async (): Promise<string> =>
    await must(["ip", "-6", "-br", "address", "show", "dev", "cni0", "scope", "global"]);

  test("case P9: for new links, a bridge that is made has the gateway's address all the same", async () => {
    writeFileSync(DEFAULT, "1");
    const result = await lab.add({ ...BOTH, isDefaultGateway: true });
    expect(await gateways()).toContain("fd00:10:1::1/64");
    await lab.must("CHECK", { ...BOTH, isDefaultGateway: true, prevResult: result });
  });

  test("case P9, kind: for all links, of a bridge that exists", async () => {
    await make();
    writeFileSync(conf("disable_ipv6", "all"), "1");
    await lab.add(BOTH);
    expect(await gateways()).toContain("fd00:10:1::1/64");
    expect(read(conf("accept_ra"))).toBe("0");
  });

  test("case P9, kind: an ADD that fails leaves a bridge that exists without IPv6, as it was", async () => {
    writeFileSync(DEFAULT, "1");
    await make();
    const controller = new AbortController();
    const seen: string[] = [];
    const onStep = ({ step }: { step: string }): void => {
      if (step !== "gateway") return;
      seen.push(read(conf("disable_ipv6")));
      controller.abort(new Error("enough"));
    };
    const answer = await lab.call("ADD", BOTH, { signal: controller.signal, onStep });
    expect([answer.exitCode, seen]).toEqual([1, ["0"]]);
    expect(read(conf("disable_ipv6"))).toBe("1");
    await lab.add({ ipam: ipam(4), isGateway: true });
    expect(read(conf("disable_ipv6"))).toBe("1");
  });
});

for (const isDefaultGateway of [true, false]) {
  const keys = isDefaultGateway ? { isDefaultGateway } : { isGateway: true };
  const name = `case P13, kind: containers reach a link-local gateway (${JSON.stringify(keys)})`;
  test(name, async () => {
    const subnet = { subnet: "fd00:10:1::/64", gateway: "fe80::1" };
    const routes = isDefaultGateway ? [] : [{ dst: "::/0" }];
    const config = { ...keys, ipam: { type: "host-local", ranges: [[subnet]], routes } };
    const result = await lab.add(config);
    const connect = ["timeout", "5", "bash", "-c", "exec 3<> /dev/tcp/fe80::1%eth0/9"];
    const { stderr } = await run(["ip", "netns", "exec", "one", ...connect]);
    expect(stderr).toContain("Connection refused"); // by the gateway, which the container has reached
    await lab.must("CHECK", { ...config, prevResult: result });
    await lab.add(config, { container: two });
  });
}
