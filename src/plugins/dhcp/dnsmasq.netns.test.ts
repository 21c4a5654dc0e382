import { describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { dhcpLab, SERVER } from "../../../tests/support/dhcp.ts";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { until } from "../../../tests/support/until.ts";

const lab = dhcpLab();
const { one } = lab;

const test = needs("dnsmasq", "nsenter");
const RECORDS = "/run/hawser/dhcp";

function records(): string[] {
  return existsSync(RECORDS) ? readdirSync(RECORDS) : [];
}

async function addresses(container: Container): Promise<string> {
  return await must(["ip", "-n", container.name, "-4", "address", "show", "dev", "eth0"]);
}

describe("ADD", () => {
  test("gives the address, the gateway and a default route, and CHECK is content", async () => {
    await lab.dnsmasq();
    await lab.daemon();
    const result = await lab.attach(one);
    const routes = [{ dst: "0.0.0.0/0", gw: SERVER }];
    expect(result).toMatchObject({ ips: [{ gateway: SERVER }], routes });
    expect(result.ips[0]?.address).toMatch(/^10\.7\.0\.1\d\d\/24$/);
    expect(result).not.toHaveProperty("dns");
    const config = { prevResult: { cniVersion: "1.1.0", ips: [...result.ips] } };
    const checked = await lab.call("CHECK", one, {}, { config });
    expect(checked).toMatchObject({ exitCode: 0, stdout: "" });
    await lab.dnsmasqHas(1);
    expect(records()).toHaveLength(1);
  });

  const useless = { routes: [{ dst: "192.0.2.0/24" }], gateway: "10.7.0.9", subnet: "10.0.0.0/8" };
  for (const key of Object.keys(useless) as (keyof typeof useless)[]) {
    test(`case P14${key === "routes" ? "" : ", kind"}: "${key}" changes nothing, and that is said`, async () => {
      await lab.dnsmasq();
      await lab.daemon();
      const { json, stderr } = await lab.call("ADD", one, { [key]: useless[key] });
      expect(stderr).toContain(`"ipam.${key}" has no effect`);
      const routes = [{ dst: "0.0.0.0/0", gw: SERVER }];
      expect(json).toMatchObject({ ips: [{ gateway: SERVER }], routes });
    });
  }

  test("again gives the same lease", async () => {
    await lab.dnsmasq();
    await lab.daemon();
    const result = await lab.attach(one);
    expect((await lab.call("ADD", one)).json).toMatchObject({ ...result });
  });

  test("names itself by container, network and interface, and says what it was told to", async () => {
    const server = await lab.dnsmasq();
    await lab.daemon();
    const provide = [
      { option: "host-name", fromArg: "K8S_POD_NAME", value: "unused" },
      { option: "60", value: "tests" },
    ];
    await lab.attach(one, { provide }, { args: "IgnoreUnknown=1;K8S_POD_NAME=web-0" });
    const [lease = ""] = lab.dnsmasqLeases();
    const hex = Buffer.from("\0id-one/net1/eth0").toString("hex");
    const id = hex.match(/../g)?.join(":");
    expect(lease).toEndWith(` web-0 ${id}`);
    expect(server.said).toContain("vendor class: tests");
    expect(server.said).toContain("client provides name: web-0");
  });

  test("asks for more options: classless routes take the place of the router", async () => {
    await lab.dnsmasq(
      "--dhcp-option=121,10.9.0.0/16,10.7.0.5,192.0.2.7/32,0.0.0.0,0.0.0.0/0,10.7.0.6",
      "--dhcp-option=6,10.7.0.53",
      "--domain=example.org",
    );
    await lab.daemon();
    const request = [{ option: "121" }, { option: 6 }, { option: "15" }];
    const result = await lab.attach(one, { request, priority: 77 });
    expect(result.routes).toEqual([
      { dst: "10.9.0.0/16", gw: "10.7.0.5", priority: 77 },
      { dst: "192.0.2.7/32", priority: 77, scope: 253 },
      { dst: "0.0.0.0/0", gw: "10.7.0.6", priority: 77 },
    ]);
    expect(result.dns).toEqual({ nameservers: ["10.7.0.53"], domain: "example.org" });
  });

  test("of two containers at once gives each its own", async () => {
    await lab.dnsmasq();
    await lab.daemon();
    const two = await lab.container("two");
    const results = await Promise.all([lab.attach(one), lab.attach(two)]);
    const given = results.map(({ ips }) => ips[0]?.address);
    expect(new Set(given).size).toBe(2);
    await lab.dnsmasqHas(2);
  });

  test("whose caller gives up leaves nothing", async () => {
    const daemon = await lab.daemon("-resendtimeout", "20s");
    const signal = AbortSignal.timeout(300);
    const outcome = await lab.call("ADD", one, {}, { signal });
    expect(outcome.json).toMatchObject({ code: 11 });
    await lab.dnsmasq();
    await Bun.sleep(1500);
    expect(lab.dnsmasqLeases()).toEqual([]);
    expect(records()).toEqual([]);
    expect(daemon.said).not.toContain("granted");
    await lab.attach(one);
  });
});

describe("DEL", () => {
  test("gives the lease back, takes the address off the link, and may come twice", async () => {
    const server = await lab.dnsmasq();
    await lab.daemon();
    await lab.attach(one);
    expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    await server.says(/DHCPRELEASE\(eth0\) 10\.7\.0\.1\d\d/);
    await lab.dnsmasqHas(0);
    expect(records()).toEqual([]);
    expect(await addresses(one)).not.toContain("10.7.0");
    expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("without a daemon gives the lease back by itself; a new daemon has nothing to take over", async () => {
    const server = await lab.dnsmasq();
    const daemon = await lab.daemon();
    await lab.attach(one);
    await daemon.end("SIGKILL");
    expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    await server.says(/DHCPRELEASE/);
    await lab.dnsmasqHas(0);
    expect(records()).toEqual([]);
    expect((await lab.daemon()).said).not.toContain("taken over");
  });

  test("works with a configuration that is broken, and without a namespace", async () => {
    await lab.dnsmasq();
    const daemon = await lab.daemon();
    await lab.attach(one);
    await lab.host.remove(one);
    const broken = { provide: 5, request: "x", priority: -1 };
    const options = { args: "=", netns: "" };
    expect(await lab.call("DEL", one, broken, options)).toMatchObject({ exitCode: 0 });
    expect(records()).toEqual([]);
    await daemon.end("SIGKILL");
    expect(await lab.call("DEL", one, broken, options)).toMatchObject({ exitCode: 0 });
  });

  test("of an attachment that is not known is fine", async () => {
    await lab.daemon();
    expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  });
});

describe("a daemon that is killed", () => {
  test("is followed by one that takes the leases over and asks for the same addresses", async () => {
    const server = await lab.dnsmasq();
    const first = await lab.daemon();
    const before = await lab.attach(one);
    const address = before.ips[0]?.address.replace(/\/.*/, "");
    await first.end("SIGKILL");
    const second = await lab.daemon();
    await second.says(/confirmed by 10\.7\.0\.1/);
    expect(server.said.split(`DHCPREQUEST(eth0) ${address}`)).toHaveLength(3);
    expect(server.said.match(/DHCPDISCOVER/g)).toHaveLength(1);
    expect(await lab.call("CHECK", one)).toMatchObject({ exitCode: 0 });
    expect((await lab.call("ADD", one)).json).toMatchObject({ ips: [...before.ips] });
    expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0 });
    await lab.dnsmasqHas(0);
  });

  test("leaves leases whose container is gone, and they are dropped", async () => {
    await lab.dnsmasq();
    const first = await lab.daemon();
    await lab.attach(one);
    await first.end("SIGKILL");
    await lab.host.remove(one);
    const second = await lab.daemon();
    await second.says(/ends: network namespace/);
    expect(records()).toEqual([]);
  });

  test("told to end gives nothing back and keeps what it has written", async () => {
    await lab.dnsmasq();
    const first = await lab.daemon();
    await lab.attach(one);
    expect(await first.end("SIGTERM")).toBe(0);
    expect(records()).toHaveLength(1);
    await lab.dnsmasqHas(1);
  });
});

describe("a container that goes away", () => {
  test("takes its lease with it at once: its link's end is heard", async () => {
    await lab.dnsmasq();
    const daemon = await lab.daemon();
    await lab.attach(one);
    await must(["ip", "-n", "one", "link", "delete", "eth0"]);
    await daemon.says(/ends: interface eth0 is missing/, 3000);
    expect(records()).toEqual([]);
    expect((await lab.call("CHECK", one)).json).toMatchObject({ code: 100 });
  });

  test("is not held by the daemon: its namespace ends with it", async () => {
    await lab.dnsmasq();
    const daemon = await lab.daemon();
    await lab.attach(one);
    await lab.host.remove(one);
    await daemon.says(/ends: network namespace/, 3000);
    const gone = async (): Promise<boolean> => !(await must(["ip", "link"])).includes("-one@");
    await until("the namespace is still there", gone, 3000);
  });
});

describe("CHECK", () => {
  test("tells an address that is not on the link, and a result that is not the lease's", async () => {
    await lab.dnsmasq();
    await lab.daemon();
    const result = await lab.attach(one);
    const address = result.ips[0]?.address ?? "";
    const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.7.0.9/24" }] };
    const other = await lab.call("CHECK", one, {}, { config: { prevResult } });
    expect(other.json).toMatchObject({
      code: 100,
      msg: expect.stringContaining(address) as string,
    });
    await must(["ip", "-n", "one", "address", "delete", address, "dev", "eth0"]);
    const missing = await lab.call("CHECK", one);
    expect(missing.json).toMatchObject({ code: 100, msg: `address ${address} is missing on eth0` });
  });
});

describe("GC", () => {
  for (const alive of [true, false]) {
    test(`gives back what is not valid, ${alive ? "by" : "without"} the daemon`, async () => {
      await lab.dnsmasq();
      const daemon = await lab.daemon();
      const two = await lab.container("two");
      const kept = await lab.attach(one);
      await lab.attach(two);
      await lab.attach(await lab.container("other"), {}, { config: { name: "net2" } });
      if (!alive) await daemon.end("SIGKILL");
      const valid = [{ containerID: "id-one", ifname: "eth0" }];
      const config = { "cni.dev/valid-attachments": valid };
      expect(await lab.call("GC", one, {}, { config })).toMatchObject({ exitCode: 0, stderr: "" });
      await lab.dnsmasqHas(2);
      expect(lab.dnsmasqLeases().join()).toContain(
        kept.ips[0]?.address.replace("/24", "") ?? "no address",
      );
      expect(records()).toHaveLength(2);
    });
  }
});
