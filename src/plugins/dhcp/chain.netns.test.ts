import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import type { Operation } from "../../../tests/support/chain.ts";
import { DhcpLab, SERVER } from "../../../tests/support/dhcp.ts";
import { must, type RunAnswer } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import { OwnExecutables } from "../../../tests/support/own-executables.ts";
import { askFrom, startGreeter } from "../../../tests/support/traffic.ts";
import { until } from "../../../tests/support/until.ts";

/** The bridge plugin, by processes, on a network whose addresses come from a real server. */
const own = new OwnExecutables("bridge", "dhcp", "macvlan");
const lab = new DhcpLab();
const { one } = lab;
beforeAll(async () => await lab.open());
beforeEach(async () => {
  await lab.host.container("one");
});
afterEach(async () => {
  await lab.host.remove(one).catch(() => undefined);
  await lab.end();
});
afterAll(() => {
  lab.close();
  own[Symbol.dispose]();
});

const test = needs("dnsmasq", "nsenter");
const BRIDGE = { type: "bridge", bridge: "br0", ipam: { type: "dhcp" } };

async function call(operation: Operation, keys: object = BRIDGE): Promise<RunAnswer> {
  const config = { cniVersion: "1.1.0", name: "net1", ...BRIDGE, ...keys };
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  return await lab.host.plugin(own.dir, config.type, operation, config, attachment);
}

async function inside(...words: string[]): Promise<string> {
  return await must(["ip", "-n", "one", ...words]);
}

describe("bridge", () => {
  test("gets its address over the port that it has just made, and gives it back over it", async () => {
    const server = await lab.dnsmasq();
    await lab.daemon();
    const added = await call("ADD");
    expect(added.exitCode).toBe(0);
    const result = JSON.parse(added.stdout) as { ips: { address: string }[] };
    const address = result.ips[0]?.address ?? "";
    expect(result).toMatchObject({ ips: [{ gateway: SERVER, interface: 2 }] });
    expect(await inside("address", "show", "dev", "eth0")).toContain(`inet ${address}`);
    expect(await inside("route")).toContain(`default via ${SERVER} dev eth0`);
    const checked = await call("CHECK", { prevResult: result });
    expect(checked).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await call("DEL", { prevResult: result })).toMatchObject({ exitCode: 0, stdout: "" });
    await server.says(/DHCPRELEASE\(eth0\)/);
    await lab.dnsmasqHas(0);
    expect(await inside("link")).not.toContain("eth0");
  });

  test("gets an IPv6 address too, with a route over the router that advertises itself", async () => {
    await lab.dnsmasq();
    const six = `--dhcp-leasefile=${lab.directory}/six.leases`;
    await lab.dnsmasq6("--enable-ra", six);
    await lab.daemon();
    const keys = { ...BRIDGE, ipam: { type: "dhcp", ipv6: true } };
    const added = await call("ADD", keys);
    expect(added).toMatchObject({ exitCode: 0, stderr: "" });
    const result = JSON.parse(added.stdout) as { ips: { address: string; gateway: string }[] };
    const { address = "", gateway = "" } = result.ips[1] ?? {};
    const shown = await inside("-6", "address", "show", "dev", "eth0");
    expect(shown).toContain(`inet6 ${address} scope global`);
    expect(shown).not.toContain("dynamic");
    expect(await inside("-6", "route", "show", "default")).toContain(`default via ${gateway}`);
    const greeter = await startGreeter(lab.server, 8006);
    expect(await askFrom(one, "fd07::1", 8006)).toContain("server");
    await greeter.stop();
    expect(await call("CHECK", { ...keys, prevResult: result })).toMatchObject({ exitCode: 0 });
    expect(await call("DEL", { ...keys, prevResult: result })).toMatchObject({ exitCode: 0 });
    expect(await inside("link")).not.toContain("eth0");
  });

  test("has the address within a second: the first question is not lost", async () => {
    await lab.dnsmasq();
    await lab.daemon();
    const started = performance.now();
    expect((await call("ADD")).exitCode).toBe(0);
    expect(performance.now() - started).toBeLessThan(1500);
  });

  test("with a source check is served as well", async () => {
    await lab.dnsmasq();
    await lab.daemon();
    expect((await call("ADD", { macspoofchk: true })).exitCode).toBe(0);
    expect((await call("DEL", { macspoofchk: true })).exitCode).toBe(0);
    await lab.dnsmasqHas(0);
  });

  test("that fails after the address was given gives it back and leaves nothing", async () => {
    const server = await lab.dnsmasq("--dhcp-option=121,192.0.2.0/24,198.51.100.1");
    await lab.daemon();
    const ipam = { type: "dhcp", request: [{ option: "121" }] };
    const added = await call("ADD", { ipam });
    expect(JSON.parse(added.stdout)).toMatchObject({
      ...{ code: 7, msg: expect.stringContaining("failed to add route 192.0.2.0/24") as string },
    });
    await server.says(/DHCPRELEASE/);
    await lab.dnsmasqHas(0);
    expect(await inside("link")).not.toContain("eth0");
  });

  test("is not kept from DEL by a dead daemon", async () => {
    const server = await lab.dnsmasq();
    const daemon = await lab.daemon();
    expect((await call("ADD")).exitCode).toBe(0);
    await daemon.end("SIGKILL");
    expect(await call("DEL")).toMatchObject({ exitCode: 0, stdout: "" });
    await server.says(/DHCPRELEASE/);
    expect(await inside("link")).not.toContain("eth0");
  });

  test("leads routes of link scope to the link itself", async () => {
    await lab.dnsmasq("--dhcp-option=121,192.0.2.0/24,0.0.0.0,0.0.0.0/0,10.7.0.1");
    await lab.daemon();
    const ipam = { type: "dhcp", request: [{ option: "121" }], priority: 50 };
    expect((await call("ADD", { ipam })).exitCode).toBe(0);
    const routes = await inside("route");
    expect(routes).toContain("192.0.2.0/24 dev eth0 scope link metric 50");
    expect(routes).toContain(`default via ${SERVER} dev eth0 metric 50`);
  });
});

describe("macvlan", () => {
  needs("dnsmasq", "kernel:macvlan")("gets its address on the network of its parent", async () => {
    await lab.dnsmasq();
    await lab.daemon();
    await must(["ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1"]);
    await must(["ip", "link", "set", "up1", "master", "br0", "up"]);
    await must(["ip", "link", "set", "up0", "up"]);
    try {
      const keys = { type: "macvlan", master: "up0" };
      const added = await call("ADD", keys);
      expect(added).toMatchObject({ exitCode: 0 });
      expect(await inside("route")).toContain(`default via ${SERVER} dev eth0`);
      expect(await call("DEL", keys)).toMatchObject({ exitCode: 0, stdout: "" });
      await lab.dnsmasqHas(0);
    } finally {
      await must(["ip", "link", "delete", "up0"]);
    }
  });
});

describe("a link without a carrier", () => {
  needs("kernel:macvlan")("case P8: is said soon, with the name of the master", async () => {
    await lab.daemon();
    await must(["ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1"]);
    await must(["ip", "link", "set", "up0", "up"]);
    try {
      const added = await call("ADD", { type: "macvlan", master: "up0" });
      expect(JSON.parse(added.stdout)).toMatchObject({
        ...{ code: 11, msg: "interface eth0 has no carrier" },
        details: expect.stringContaining(`its master is "up0"`) as string,
      });
      expect(added.ms).toBeLessThan(20_000);
      expect(await inside("link")).not.toContain("eth0");
    } finally {
      await must(["ip", "link", "delete", "up0"]);
    }
  });

  for (const ipv6 of [false, true]) {
    const family = ipv6 ? "IPv6" : "IPv4";
    test(`case P8, kind: the other end of an own link is down (${family})`, async () => {
      await lab.daemon();
      const { name } = await lab.container("cut");
      await must(["ip", "link", "set", lab.portOf("cut"), "down"]);
      const container = { name, netns: `/run/netns/${name}` };
      const { json } = await lab.call("ADD", container, ipv6 ? { ipv4: false, ipv6 } : {});
      expect(json).toMatchObject({ code: 11, msg: "interface eth0 has no carrier" });
    });
  }
});

test("a crowd of twenty is served at once", async () => {
  await lab.dnsmasq();
  await lab.daemon();
  const names = Array.from({ length: 20 }, (_, at) => `c${at}`);
  const crowd = [];
  for (const name of names) crowd.push(await lab.container(name));
  const results = await Promise.all(crowd.map(async (container) => await lab.attach(container)));
  expect(new Set(results.map(({ ips }) => ips[0]?.address)).size).toBe(20);
  await Promise.all(crowd.map(async (container) => await lab.call("DEL", container)));
  await lab.dnsmasqHas(0);
  await until(
    "records are left",
    async () => (await must(["ls", "/run/hawser/dhcp"])) === "",
    1000,
  );
});
