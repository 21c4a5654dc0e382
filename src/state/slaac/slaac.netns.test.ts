import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Operation } from "../../../tests/support/chain.ts";
import { DhcpLab } from "../../../tests/support/dhcp.ts";
import { must, type RunAnswer } from "../../../tests/support/exec.ts";
import type { Feature } from "../../../tests/support/features.ts";
import { needs } from "../../../tests/support/needs.ts";
import { OwnExecutables } from "../../../tests/support/own-executables.ts";
import { askFrom, startGreeter } from "../../../tests/support/traffic.ts";

/** Plugins whose containers form addresses from what a real router advertises. */
const own = new OwnExecutables("bridge", "macvlan", "ipvlan", "vlan", "host-local", "static");
const lab = new DhcpLab();
const { one } = lab;
beforeAll(async () => {
  await lab.open();
  await must(["ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1"]);
  await must(["ip", "link", "set", "up1", "master", "br0", "up"]);
  await must(["ip", "link", "set", "up0", "up"]);
});
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

const RECORDS = "/run/hawser/slaac";

interface Added {
  readonly ips: readonly {
    readonly address: string;
    readonly gateway?: string;
    interface: number;
  }[];
  readonly dns?: object;
}

interface Keys {
  readonly type: string;
  readonly [key: string]: unknown;
}

async function call(operation: Operation, keys: Keys): Promise<RunAnswer> {
  const config = { cniVersion: "1.1.0", name: "net1", slaac: true, ...keys };
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  return await lab.host.plugin(own.dir, config.type, operation, config, attachment);
}

async function add(keys: Keys): Promise<Added> {
  const added = await call("ADD", keys);
  if (added.exitCode !== 0) throw new Error(added.stdout);
  return JSON.parse(added.stdout) as Added;
}

async function inside(...words: string[]): Promise<string> {
  return await must(["ip", "-n", "one", ...words]);
}

function records(): string[] {
  return existsSync(RECORDS) ? readdirSync(RECORDS) : [];
}

const LINKS: readonly (readonly [Keys, ...Feature[]])[] = [
  [{ type: "bridge", bridge: "br0" }],
  [{ type: "macvlan", master: "up0" }, "kernel:macvlan"],
  [{ type: "ipvlan", master: "up0" }, "kernel:ipvlan"],
];

for (const [keys, ...needed] of LINKS) {
  const test = needs("dnsmasq", "nsenter", ...needed);

  test(`${keys.type}: the result has the address, the router and its resolvers; CHECK and DEL`, async () => {
    await lab.router("--dhcp-option=option6:dns-server,[fd07::53]");
    const result = await add(keys);
    expect(result.ips).toHaveLength(1);
    const [{ address, gateway } = { address: "", gateway: "" }] = result.ips;
    expect(address).toMatch(/^fd07::[0-9a-f:]+\/64$/u);
    expect(gateway).toMatch(/^fe80::/u);
    expect(result.dns).toMatchObject({ nameservers: ["fd07::53"] });
    const shown = await inside("-6", "address", "show", "dev", "eth0");
    expect(shown).toContain(`inet6 ${address}`);
    expect(shown).not.toContain("tentative");
    expect(await inside("-6", "route", "show", "default")).toContain(`via ${gateway ?? ""}`);
    const greeter = await startGreeter(lab.server, 8010);
    expect(await askFrom(one, "fd07::1", 8010)).toContain(address.replace("/64", ""));
    await greeter.stop();
    expect(records()).toHaveLength(1);
    const later = { ...keys, prevResult: result };
    expect(await call("CHECK", later)).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await call("DEL", later)).toMatchObject({ exitCode: 0, stdout: "" });
    expect(records()).toEqual([]);
    expect(await inside("link")).not.toContain("eth0");
  });
}

needs(
  "dnsmasq",
  "nsenter",
  "kernel:vlan",
)("vlan: the router of the VLAN is asked", async () => {
  const tagged = ["link", "eth0", "name", "eth0.7", "type", "vlan", "id", "7"];
  await must(["ip", "-n", "server", "link", "add", ...tagged]);
  await must(["ip", "-n", "server", "address", "add", "fd08::1/64", "dev", "eth0.7", "nodad"]);
  await must(["ip", "-n", "server", "link", "set", "eth0.7", "up"]);
  await lab.router(
    "--interface=eth0.7",
    "--dhcp-range=fd07::,ra-only",
    "--dhcp-range=fd08::,ra-only",
  );
  const keys = { type: "vlan", master: "up0", vlanId: 7 };
  expect((await add(keys)).ips.map(({ address }) => address.slice(0, 6))).toEqual(["fd08::"]);
  expect(await call("DEL", keys)).toMatchObject({ exitCode: 0 });
  await must(["ip", "-n", "server", "link", "delete", "eth0.7"]);
});

const test = needs("dnsmasq", "nsenter");
const BRIDGE = { type: "bridge", bridge: "br0" };

test("addresses of IPAM and of a router stand side by side", async () => {
  await lab.router();
  const ipam = { type: "static", addresses: [{ address: "10.7.0.9/24" }] };
  const result = await add({ ...BRIDGE, ipam });
  expect(result.ips[0]).toMatchObject({ address: "10.7.0.9/24", interface: 2 });
  expect(result.ips[1]?.address).toStartWith("fd07::");
  expect(result.ips[1]?.interface).toBe(2);
  const later = { ...BRIDGE, ipam, prevResult: result };
  expect(await call("CHECK", later)).toMatchObject({ exitCode: 0 });
  expect(await call("DEL", later)).toMatchObject({ exitCode: 0 });
});

describe("CHECK", () => {
  test("says that an address was taken away while it was valid", async () => {
    const router = await lab.router();
    const result = await add(BRIDGE);
    await router.end(); // its next advertisement would bring the address back
    const address = result.ips[0]?.address ?? "";
    await inside("address", "delete", address, "dev", "eth0");
    const { exitCode, stdout } = await call("CHECK", { ...BRIDGE, prevResult: result });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      code: 100,
      msg: expect.stringMatching(
        /^address fd07.* advertised by fe80.* within its lifetime/u,
      ) as string,
    });
  });

  test("knows how long an address was advertised for", async () => {
    const router = await lab.router("--dhcp-range=fd07::,ra-only,64,120");
    const result = await add(BRIDGE);
    await router.end();
    const address = result.ips[0]?.address ?? "";
    await inside("address", "delete", address, "dev", "eth0");
    // The time that the router has given is over, as the note of the ADD has it.
    const [name = ""] = records();
    const text = readFileSync(`${RECORDS}/${name}`, "utf8");
    expect(text).toMatch(/"validUntil":\s*[1-9]/u);
    writeFileSync(`${RECORDS}/${name}`, text.replace(/(?<="validUntil":\s*)[\d.]+/u, "1"));
    const { stdout } = await call("CHECK", { ...BRIDGE, prevResult: result });
    expect(JSON.parse(stdout)).toMatchObject({
      code: 100,
      msg: expect.stringMatching(/has expired: no advertisement has renewed it/u) as string,
    });
  });
});

describe("ADD", () => {
  test("without a router fails in time, names it, and leaves nothing", async () => {
    const added = await call("ADD", BRIDGE);
    expect(added.exitCode).toBe(1);
    expect(JSON.parse(added.stdout)).toMatchObject({
      ...{ code: 11, msg: "interface eth0 gets no address from router advertisements" },
      details: "no advertisement has come in 10 s",
    });
    expect(await inside("link")).not.toContain("eth0");
    expect(records()).toEqual([]);
  });

  test("beside an interface that stays down is refused, and for ipvlan that routes", async () => {
    const down = await call("ADD", { ...BRIDGE, disableContainerInterface: true });
    expect(JSON.parse(down.stdout)).toMatchObject({ code: 7 });
    const routed = await call("ADD", { type: "ipvlan", master: "up0", mode: "l3" });
    expect(JSON.parse(routed.stdout)).toMatchObject({ code: 7 });
  });

  test("works in a container that forwards", async () => {
    await lab.router();
    const forward = ["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"];
    await must(lab.inside(one, forward));
    const default1 = ["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/forwarding"];
    await must(lab.inside(one, default1));
    expect((await add(BRIDGE)).ips[0]?.address).toStartWith("fd07::");
    expect(await call("DEL", BRIDGE)).toMatchObject({ exitCode: 0 });
  });
});
