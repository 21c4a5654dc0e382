import { beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dhcpLab, type Running } from "../../../tests/support/dhcp.ts";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";

/** Servers that lie, refuse or fall silent; `tests/fixtures/dhcp-server.ts` knows how. */
const SERVER_PROGRAM = fileURLToPath(
  new URL("../../../tests/fixtures/dhcp-server.ts", import.meta.url),
);

const lab = dhcpLab();
const { one } = lab;
beforeAll(async () => {
  await must(["ip", "-n", "server", "route", "add", "default", "dev", "eth0"]);
});

const test = needs("ip", "nsenter");

async function server(mode: string): Promise<Running> {
  const argv = [process.execPath, SERVER_PROGRAM, mode];
  return await lab.start(lab.inside(lab.server, argv), /ready/);
}

function records(): string[] {
  return existsSync("/run/hawser/dhcp") ? readdirSync("/run/hawser/dhcp") : [];
}

async function linkIsUp(): Promise<boolean> {
  return (await must(["ip", "-n", "one", "link", "show", "dev", "eth0"])).includes(",UP");
}

describe("ADD does not take", () => {
  const lies: Readonly<Record<string, RegExp>> = {
    silent: /no DHCP server answers/,
    "wrong-xid": /no DHCP server answers/,
    overrun: /no DHCP server answers/,
    "no-server-id": /an offer without a server's address/,
    zero: /offered address 0\.0\.0\.0 cannot be a machine's/,
    multicast: /offered address 224\.0\.0\.1 cannot be a machine's/,
    "own-address": /offered address 10\.7\.0\.1 is the server's own/,
    "another-address": /a grant of another address, 10\.7\.0\.78/,
    "deaf-to-requests": /no answer to a request/,
    nak: /server 10\.7\.0\.1 refuses the address: not\?yours/,
  };
  for (const [mode, details] of Object.entries(lies)) {
    test(`the word of a server that is ${mode}`, async () => {
      await server(mode);
      await lab.daemon("-resendtimeout=1500ms", "-timeout", "700ms");
      const { json, exitCode } = await lab.call("ADD", one);
      expect(exitCode).toBe(1);
      expect(json).toMatchObject({
        ...{ code: 11, msg: "no more tries" },
        details: expect.stringMatching(details) as string,
      });
      expect(records()).toEqual([]);
    });
  }

  const useless: Readonly<Record<string, string>> = {
    "no-mask": "DHCP option Subnet Mask not found in DHCPACK",
    "bad-mask": "DHCP option Subnet Mask is 255.0.255.0, which is no mask",
  };
  for (const [mode, msg] of Object.entries(useless)) {
    test(`a grant with ${mode}, which is given back at once`, async () => {
      const running = await server(mode);
      await lab.daemon();
      expect((await lab.call("ADD", one)).json).toMatchObject({ code: 5, msg });
      await running.says(/RELEASE ciaddr 10\.7\.0\.77/);
      expect(records()).toEqual([]);
    });
  }
});

describe("a lease", () => {
  test("is renewed in time, by its server alone", async () => {
    const running = await server("renews");
    const daemon = await lab.daemon();
    await lab.attach(one);
    await daemon.says(/renewed by 10\.7\.0\.1.*renewed by/s);
    expect(running.said.match(/DISCOVER/g)).toHaveLength(1);
    expect(running.said.match(/REQUEST ciaddr 10\.7\.0\.77/g)?.length).toBeGreaterThanOrEqual(2);
    expect(await lab.call("CHECK", one)).toMatchObject({ exitCode: 0 });
  });

  test("is renewed under the hardware address that the link has by then", async () => {
    await server("renews");
    const daemon = await lab.daemon();
    await lab.attach(one);
    const mac = "02:00:00:00:07:07";
    await must(["ip", "-n", "one", "link", "set", "dev", "eth0", "address", mac]);
    await daemon.says(/renewed by/);
  });

  test("is renewed by any server when its own does not answer", async () => {
    const running = await server("rebind-only");
    const daemon = await lab.daemon("-timeout", "500ms");
    await lab.attach(one);
    await daemon.says(/could not be renewed: no answer.*rebound by 10\.7\.0\.1/s);
    expect(running.said).toContain("to us alone");
  });

  test("that ends takes the link down and is forgotten; CHECK says so and does not wait", async () => {
    await server("short");
    const daemon = await lab.daemon("-timeout", "500ms");
    await lab.attach(one);
    expect(await linkIsUp()).toBe(true);
    await daemon.says(/ends: it has expired/);
    expect(await linkIsUp()).toBe(false);
    expect(records()).toEqual([]);
    expect((await lab.call("CHECK", one)).json).toMatchObject({
      ...{ code: 100, msg: "no lease is held for this attachment" },
    });
    expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("that its server takes back ends at once", async () => {
    await server("nak-at-renew");
    const daemon = await lab.daemon();
    await lab.attach(one);
    await daemon.says(/ends: server 10\.7\.0\.1 refuses the address: not\?yours/);
    expect(await linkIsUp()).toBe(false);
    expect(records()).toEqual([]);
  });

  test("is asked for with answers by broadcast, where the daemon is told to", async () => {
    const running = await server("honest");
    const daemon = await lab.daemon();
    await lab.attach(one);
    expect(running.said).toContain("DISCOVER ciaddr 0.0.0.0 unicast");
    await lab.call("DEL", one);
    await daemon.end();
    await lab.daemon("-broadcast");
    await lab.attach(one);
    expect(running.said).toContain("DISCOVER ciaddr 0.0.0.0 broadcast");
  });

  test("that somebody else has released is let go", async () => {
    const running = await server("renews");
    const daemon = await lab.daemon();
    await lab.attach(one);
    await must(["rm", "-r", "/run/hawser/dhcp"]);
    await daemon.says(/ends: it was released by somebody else/);
    expect(running.said).not.toContain("REQUEST ciaddr 10.7.0.77");
  });

  test("is kept through a restart while no server answers, as long as it lasts", async () => {
    const honest = await server("honest");
    const first = await lab.daemon();
    await lab.attach(one);
    await first.end("SIGKILL");
    await honest.end("SIGKILL");
    const second = await lab.daemon("-timeout", "300ms");
    await second.says(/could not be confirmed: no answer/);
    expect(await lab.call("CHECK", one)).toMatchObject({ exitCode: 0 });
    expect(await linkIsUp()).toBe(true);
  });

  test("that another server refuses after a restart is over", async () => {
    const honest = await server("honest");
    const first = await lab.daemon();
    await lab.attach(one);
    await first.end("SIGKILL");
    await honest.end("SIGKILL");
    await server("nak");
    const second = await lab.daemon();
    await second.says(/ends: server 10\.7\.0\.1 refuses/);
    expect(await linkIsUp()).toBe(false);
  });
});
