import { describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { dhcpLab } from "../../../tests/support/dhcp.ts";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { until } from "../../../tests/support/until.ts";

const lab = dhcpLab();
const { one } = lab;
const test = needs("dnsmasq", "nsenter");
const RECORDS = "/run/hawser/dhcp6";
/** The server advertises itself as a router too: nothing waits for one. */
const RA = "--enable-ra";
const ONLY_6 = { ipv4: false, ipv6: true };

function records(): string[] {
  return existsSync(RECORDS) ? readdirSync(RECORDS) : [];
}

async function addresses(container: Container): Promise<string> {
  return await must(["ip", "-n", container.name, "-6", "address", "show", "dev", "eth0"]);
}

describe("ADD by DHCPv6", () => {
  test("gives the address with the link's prefix, and the router as gateway", async () => {
    await lab.dnsmasq6(RA);
    await lab.daemon();
    const result = await lab.attach(one, ONLY_6);
    expect(result.ips).toHaveLength(1);
    expect(result.ips[0]?.address).toMatch(/^fd07::1[0-9a-f]{2}\/64$/u);
    expect(result.ips[0]?.gateway).toMatch(/^fe80::/u);
    expect(result.routes).toEqual([{ dst: "::/0", gw: result.ips[0]?.gateway ?? "" }]);
    expect(result).not.toHaveProperty("dns");
    await lab.dnsmasqHas(1);
    expect(records()).toHaveLength(1);
    const config = { prevResult: { cniVersion: "1.1.0", ips: [...result.ips] } };
    expect(await lab.call("CHECK", one, ONLY_6, { config })).toMatchObject({ exitCode: 0 });
    // What the router advertises is not taken twice: the kernel has added nothing of its own.
    expect(await addresses(one)).not.toContain("dynamic");
  });

  test("without a router gives the address alone", async () => {
    await lab.dnsmasq6();
    await lab.daemon();
    const { ips, routes } = await lab.attach(one, ONLY_6);
    expect(ips).toEqual([{ address: expect.stringMatching(/^fd07::1..\/128$/u) as string }]);
    expect(routes ?? []).toEqual([]);
  });

  test("of both families gives both, and of the resolver what is requested", async () => {
    await lab.dnsmasq();
    await lab.dnsmasq6(
      RA,
      `--dhcp-leasefile=${lab.directory}/six.leases`,
      ...["--dhcp-option=option6:dns-server,[fd07::53]"],
      "--dhcp-option=option6:domain-search,example.org,example.net",
    );
    await lab.daemon();
    const request6 = [{ option: "name-servers" }, { option: 24 }];
    const result = await lab.attach(one, { ipv6: true, request6 });
    expect(result.ips.map(({ address }) => address.replace(/[0-9a-f]+\//u, "N/"))).toEqual([
      "10.7.0.N/24",
      "fd07::N/64",
    ]);
    expect(result.routes?.map(({ dst }) => dst)).toEqual(["0.0.0.0/0", "::/0"]);
    expect(result.dns).toEqual({
      nameservers: ["fd07::53"],
      search: ["example.org", "example.net"],
    });
  });

  test("again gives the same lease, and after DEL the same address", async () => {
    await lab.dnsmasq6(RA);
    await lab.daemon();
    const first = await lab.attach(one, ONLY_6);
    expect((await lab.call("ADD", one, ONLY_6)).json).toMatchObject({ ips: first.ips });
    await lab.call("DEL", one, ONLY_6);
    await lab.dnsmasqHas(0);
    expect((await lab.call("ADD", one, ONLY_6)).json).toMatchObject({ ips: first.ips });
  });

  test("without a server fails in time and leaves nothing, of the other family neither", async () => {
    await lab.dnsmasq();
    await lab.daemon("-resendtimeout=3s");
    const { exitCode, json } = await lab.call("ADD", one, { ipv6: true });
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code: 11, msg: "no more tries" });
    await lab.dnsmasqHas(0);
    expect(records()).toEqual([]);
    expect(existsSync("/run/hawser/dhcp") ? readdirSync("/run/hawser/dhcp") : []).toEqual([]);
  });

  test("where the server has no address left says so", async () => {
    await lab.dnsmasq6(RA, "--dhcp-range=fd07::200,fd07::200,64,1h");
    await lab.daemon("-resendtimeout=6s");
    await lab.attach(one, ONLY_6);
    const { json } = await lab.call("ADD", await lab.container("two"), ONLY_6);
    expect(json).toMatchObject({
      ...{ code: 11, msg: "no more tries" },
      details: expect.stringMatching(/no address is available|no addresses available/u) as string,
    });
  });
});

describe("configuration", () => {
  const wrong: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ["prefix delegation", { ipv6: true, prefixDelegation: 56 }, /prefix delegation is not supp/u],
    ["option 25", { ipv6: true, request6: [{ option: 25 }] }, /prefix delegation is not supp/u],
    ["an option of DHCP's own", { ipv6: true, request6: [{ option: 1 }] }, /uses it itself/u],
    [
      "an unknown option",
      { ipv6: true, request6: [{ option: "dns" }] },
      /known names are|no code/u,
    ],
    ["no family at all", { ipv4: false }, /both false/u],
  ];
  for (const [name, ipam, message] of wrong) {
    test(`${name} is refused before anything is asked`, async () => {
      const { exitCode, json } = await lab.call("ADD", one, ipam as Record<string, string>);
      expect(exitCode).toBe(1);
      expect(json).toMatchObject({ code: 7, msg: expect.stringMatching(message) as string });
    });
  }
});

describe("DEL", () => {
  test("gives the lease back and takes the address off the link", async () => {
    const server = await lab.dnsmasq6(RA);
    await lab.daemon();
    await lab.attach(one, ONLY_6);
    expect(await lab.call("DEL", one, ONLY_6)).toMatchObject({ exitCode: 0, stdout: "" });
    await server.says(/DHCPRELEASE\(eth0\)/u);
    await lab.dnsmasqHas(0);
    expect(records()).toEqual([]);
    expect(await addresses(one)).not.toContain("fd07");
    expect(await lab.call("DEL", one, ONLY_6)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("without a daemon gives the lease back by itself", async () => {
    const server = await lab.dnsmasq6(RA);
    const daemon = await lab.daemon();
    await lab.attach(one, ONLY_6);
    await daemon.end("SIGKILL");
    expect(await lab.call("DEL", one, ONLY_6)).toMatchObject({ exitCode: 0, stdout: "" });
    await server.says(/DHCPRELEASE/u);
    await lab.dnsmasqHas(0);
    expect(records()).toEqual([]);
  });
});

describe("GC", () => {
  test("gives back what is not valid", async () => {
    await lab.dnsmasq6(RA);
    await lab.daemon();
    await lab.attach(one, ONLY_6);
    await lab.attach(await lab.container("two"), ONLY_6);
    const valid = [{ containerID: "id-two", ifname: "eth0" }];
    const config = { "cni.dev/valid-attachments": valid };
    expect(await lab.call("GC", one, ONLY_6, { config })).toMatchObject({ exitCode: 0 });
    await lab.dnsmasqHas(1);
    expect(records()).toHaveLength(1);
  });
});

describe("a daemon that is killed", () => {
  test("is followed by one that takes the lease over and asks for the same address", async () => {
    await lab.dnsmasq6(RA);
    const first = await lab.daemon();
    const before = await lab.attach(one, ONLY_6);
    await first.end("SIGKILL");
    const second = await lab.daemon();
    await second.says(/confirmed by/u);
    expect((await lab.call("ADD", one, ONLY_6)).json).toMatchObject({ ips: before.ips });
  });
});

needs("dhcpd", "nsenter")("ISC's server: granted, renewed and given back", async () => {
  const server = await lab.dhcpd6(
    `default-lease-time 8; preferred-lifetime 4; option dhcp-renewal-time 2;
     option dhcp-rebinding-time 5; option dhcp6.name-servers fd07::53;
     subnet6 fd07::/64 { range6 fd07::100 fd07::1ff; }`,
  );
  const daemon = await lab.daemon();
  const result = await lab.attach(one, { ...ONLY_6, request6: [{ option: "name-servers" }] });
  expect(result.dns).toEqual({ nameservers: ["fd07::53"] });
  await daemon.says(/renewed by/u);
  expect(await lab.call("CHECK", one, ONLY_6)).toMatchObject({ exitCode: 0 });
  expect(await lab.call("DEL", one, ONLY_6)).toMatchObject({ exitCode: 0, stderr: "" });
  await server.says(/Release message from|RELEASE/iu);
});

needs("dhcpd", "nsenter")(
  "ISC's server goes: rebinding is tried, then the address leaves",
  async () => {
    const server = await lab.dhcpd6(
      `default-lease-time 6; preferred-lifetime 3; option dhcp-renewal-time 1;
     option dhcp-rebinding-time 3; subnet6 fd07::/64 { range6 fd07::100 fd07::1ff; }`,
    );
    const daemon = await lab.daemon("-timeout=1s");
    await lab.attach(one, ONLY_6);
    await server.end("SIGKILL");
    await daemon.says(/could not be rebound/u);
    await daemon.says(/ends: it has expired/u);
    expect(await addresses(one)).not.toContain("fd07");
    await until("the record stays", () => records().length === 0, 2000);
  },
);
