import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import {
  AF_UNIX,
  bind,
  type Fd,
  listen,
  SOCK_STREAM,
  socket,
  unixAddress,
} from "../../src/kernel/sys/index.ts";
import type { Operation } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, SOCKET, TestDaemon } from "../support/daemon.ts";
import { DhcpLab, SOCKET as LEASES, type Running, SERVER } from "../support/dhcp.ts";
import { must, type RunAnswer, run } from "../support/exec.ts";
import type { Container } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { startable } from "../support/programs.ts";
import { until } from "../support/until.ts";

/** DHCP leases that the node daemon keeps, for containers that entry programs attach. */

const missing = entriesMissing();
const test = missing === undefined ? needs("dnsmasq", "nsenter") : skipBecause(missing);
const activated =
  missing === undefined ? needs("dnsmasq", "systemd-socket-activate") : skipBecause(missing);

let lab: DhcpLab;
let one: Container;
let server: Running;
let daemon: TestDaemon | undefined;

beforeAll(async () => {
  lab = await DhcpLab.create();
});
beforeEach(async () => {
  one = await lab.host.container("one");
  // A lease is renewed after three seconds.
  server = await lab.dnsmasq("--dhcp-option=58,3");
});
afterEach(async () => {
  await daemon?.[Symbol.asyncDispose]();
  daemon = undefined;
  await lab.host.remove(one).catch(() => undefined);
  await lab.tidy();
});
afterAll(() => lab[Symbol.dispose]());

async function call(operation: Operation, netns: string = one.netns): Promise<RunAnswer> {
  const config = { cniVersion: "1.1.0", name: "net1", type: "bridge", bridge: "br0" };
  const attachment = { containerId: "id-one", netns, ifName: "eth0" };
  const withIpam = { ...config, ipam: { type: "dhcp" } };
  return await lab.host.plugin(ENTRIES, "bridge", operation, withIpam, attachment);
}

/** Attaches the container; gives its address as the server has leased it. */
async function attach(): Promise<string> {
  const answer = await call("ADD");
  expect([answer.exitCode, answer.stderr]).toEqual([0, ""]);
  const result = JSON.parse(answer.stdout) as { ips: { address: string; gateway: string }[] };
  expect(result).toMatchObject({ ips: [{ gateway: SERVER }] });
  const [{ address } = { address: "" }] = result.ips;
  expect(await must(["ip", "-n", "one", "address"])).toContain(`inet ${address}`);
  await lab.dnsmasqHas(1);
  expect(lab.dnsmasqLeases()[0]).toContain(address.replace("/24", ""));
  return address;
}

async function detach(): Promise<void> {
  expect(await call("DEL")).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  await server.says(/DHCPRELEASE\(eth0\)/u);
  await lab.dnsmasqHas(0);
  expect(await must(["ip", "-n", "one", "link"])).not.toContain("eth0");
}

/** What the lease keeper in the daemon has said. */
function said(of: TestDaemon): string {
  return of.log.flatMap(({ event, text }) => (event === "dhcp" ? [String(text)] : [])).join("\n");
}

async function says(of: TestDaemon, pattern: RegExp): Promise<void> {
  await until(
    () => `${pattern.source} was not said: ${said(of)}`,
    () => pattern.test(said(of)),
    10_000,
  );
}

describe("a lease that the node daemon keeps", () => {
  test("is got, renewed in time, and given back", async () => {
    daemon = await TestDaemon.start(["--dhcp"]);
    await says(daemon, /listening/u);
    const address = await attach();
    await says(daemon, /granted by 10\.7\.0\.1.*renewed by 10\.7\.0\.1/su);
    // A server that is slow to answer is asked again; from its first answer on no other one is sought.
    expect(server.said.split("DHCPACK").slice(1).join("")).not.toContain("DHCPDISCOVER");
    expect(server.said.match(/DHCPACK\(eth0\)/gu)?.length).toBeGreaterThan(1);
    expect(await must(["ip", "-n", "one", "address"])).toContain(`inet ${address}`);
    await detach();
    expect(await daemon.served(2)).toEqual(["bridge ADD", "bridge DEL"]);
  });

  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    test(`is taken up again after ${signal}`, async () => {
      const first = await TestDaemon.start(["--dhcp"]);
      await says(first, /listening/u);
      const address = await attach();
      await first.end(signal);
      expect(server.said).not.toContain("DHCPRELEASE");
      daemon = await TestDaemon.start(["--dhcp"]);
      await says(daemon, /taken over.*confirmed by 10\.7\.0\.1/su);
      expect(await must(["ip", "-n", "one", "address"])).toContain(`inet ${address}`);
      await detach();
      expect(await daemon.served(1)).toEqual(["bridge DEL"]);
    });
  }

  test("is given back by DEL though there is no daemon any more", async () => {
    const first = await TestDaemon.start(["--dhcp"]);
    await says(first, /listening/u);
    await attach();
    await first.end("SIGKILL");
    await detach();
  });

  test("is taken over by the daemon that takes the other's place", async () => {
    const first = await TestDaemon.start(["--dhcp"]);
    await says(first, /listening/u);
    await attach();
    daemon = await TestDaemon.start(["--dhcp", "--replace"]);
    expect(await first.process.exited).toBe(0);
    await says(daemon, /taken over.*confirmed by 10\.7\.0\.1/su);
    await detach();
    expect(await daemon.served(1)).toEqual(["bridge DEL"]);
  });
});

test("the lease keeper's socket comes back when somebody removes its directory", async () => {
  daemon = await TestDaemon.start(["--dhcp"]);
  await says(daemon, /listening/u);
  rmSync(dirname(LEASES), { recursive: true });
  expect(await daemon.logged("socket lost")).toMatchObject({ socket: LEASES });
  await says(daemon, /listening.*listening/su);
  await attach();
  await detach();
  expect(await daemon.served(2)).toEqual(["bridge ADD", "bridge DEL"]);
}, 30_000);

/** A listening socket as systemd makes one for a service. */
function hold(path: string): Fd {
  mkdirSync(dirname(path), { recursive: true });
  const fd = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(fd, unixAddress(path));
  listen(fd, 128);
  return fd;
}

/** A daemon to which both are handed over; it need not say when it listens, since they do already. */
function startHeld(calls: Fd, leases: Fd): Bun.Subprocess<"ignore", "ignore", "pipe"> {
  return Bun.spawn(["sh", "-c", 'LISTEN_PID=$$ exec "$0" daemon', EXECUTABLE], {
    env: { PATH: process.env["PATH"] ?? "", LISTEN_FDS: "2", LISTEN_FDNAMES: "dhcp:hawser" },
    stdio: ["ignore", "ignore", "pipe", leases.number, calls.number],
  });
}

/** Without this, callers might help themselves: they wait for a quarter of a second. */
async function ready(): Promise<void> {
  await until(
    "the daemon is not ready",
    async () => (await run([EXECUTABLE, "daemon", "--status"])).exitCode === 0,
    10_000,
  );
}

describe("two sockets that somebody holds", () => {
  test("are served by one daemon after the other", async () => {
    using calls = hold(SOCKET);
    using leases = hold(LEASES);
    const first = startHeld(calls, leases);
    await ready();
    await attach();
    first.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    expect([existsSync(SOCKET), existsSync(LEASES)]).toEqual([true, true]);
    const second = startHeld(calls, leases);
    await ready();
    await detach();
    second.kill("SIGTERM");
    expect(await second.exited).toBe(0);
    expect(await first.stderr.text()).toMatch(/granted by .*"operation":"ADD"/su);
    expect(await second.stderr.text()).toMatch(/taken over.*released.*"operation":"DEL"/su);
  });

  test("come back when somebody removes their directories", async () => {
    using calls = hold(SOCKET);
    using leases = hold(LEASES);
    const child = startHeld(calls, leases);
    await ready();
    for (const path of [SOCKET, LEASES]) rmSync(dirname(path), { recursive: true });
    await until(
      () => `the sockets did not come back: ${existsSync(SOCKET)} ${existsSync(LEASES)}`,
      () => existsSync(SOCKET) && existsSync(LEASES),
      15_000,
    );
    await ready();
    await attach();
    await detach();
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(await child.stderr.text()).toMatch(/"socket lost".*"operation":"ADD".*"DEL"/su);
  }, 40_000);

  activated("are found by the names that systemd gives them", async () => {
    mkdirSync(dirname(LEASES), { recursive: true });
    mkdirSync(dirname(SOCKET), { recursive: true });
    const sockets = ["-l", SOCKET, "-l", LEASES, "--fdname=hawser:dhcp"];
    const child = Bun.spawn(
      startable(["systemd-socket-activate", ...sockets, EXECUTABLE, "daemon"]),
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    await until("no socket", () => existsSync(LEASES), 5000);
    expect((await call("STATUS")).exitCode).toBeNumber(); // it is started by this
    await ready();
    await attach();
    await detach();
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(await child.stderr.text()).toMatch(/granted by .*released.*"operation":"DEL"/su);
  });
});
