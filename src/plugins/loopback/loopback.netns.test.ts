import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { Prefix } from "../../addr/index.ts";
import { createNetns, deleteNetns, Netns } from "../../kernel/netns/index.ts";
import { address, link, RouteSocket } from "../../kernel/route/index.ts";
import { type Trial, type TrialOutcome, tryPlugin } from "../../plugin/index.ts";
import { plugin } from "./index.ts";

requireOwnNamespaces();

const GO = "/usr/lib/cni/loopback";
const config = { cniVersion: "1.1.0", name: "lo-net", type: "loopback" };

let dir = "";
let netns = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "loopback-"));
  netns = join(dir, "container");
  createNetns(netns);
});
afterEach(() => {
  deleteNetns(netns);
  rmSync(dir, { recursive: true });
});

async function call(
  operation: Trial["operation"],
  more: Partial<Trial> = {},
): Promise<TrialOutcome> {
  const env = { HAWSER_STATE_DIR: join(dir, "state"), ...more.env };
  return await tryPlugin(plugin, { operation, config, netns, ...more, env });
}

/** Runs with a socket into the container, or into the host of this test for undefined. */
function inside<T>(path: string | undefined, work: (socket: RouteSocket) => T): T {
  if (path === undefined) {
    using socket = RouteSocket.open();
    return work(socket);
  }
  using namespace = Netns.open(path);
  using socket = RouteSocket.open(namespace);
  return work(socket);
}

const isUp = (path?: string): boolean =>
  inside(path, (socket) => link.get(socket, { name: "lo" })?.up === true);
const setHostUp = (up: boolean): void =>
  inside(undefined, (socket) => link.set(socket, { name: "lo" }, { up }));

test("ADD brings lo up and tells its addresses, whatever CNI_IFNAME says", async () => {
  const { exitCode, json } = await call("ADD", { ifName: "eth9" });
  expect(exitCode).toBe(0);
  expect(json).toEqual({
    cniVersion: "1.1.0",
    interfaces: [{ name: "lo", mac: "00:00:00:00:00:00", sandbox: netns }],
    ips: [
      { address: "127.0.0.1/8", interface: 0 },
      { address: "::1/128", interface: 0 },
    ],
  });
  expect(isUp(netns)).toBe(true);
});

test("ADD behind other plugins hands their result on", async () => {
  const prevResult = {
    cniVersion: "1.1.0",
    interfaces: [{ name: "eth0", sandbox: netns, unknown: 1 }],
    ips: [{ address: "10.1.2.3/16", interface: 0 }],
  };
  const { json } = await call("ADD", { config: { ...config, prevResult } });
  expect(json).toEqual(prevResult);
  expect(isUp(netns)).toBe(true);
});

test("ADD refuses a lo with an address that is not loopback, and leaves it as it was", async () => {
  const prefix = Prefix.parse("192.0.2.7/32");
  inside(netns, (socket) => address.add(socket, { index: 1, prefix }));
  expect((await call("ADD")).json).toMatchObject({
    code: 8,
    msg: 'loopback interface found with non-loopback address "192.0.2.7"',
  });
  expect(isUp(netns)).toBe(false);
});

test("CHECK tells a lo that is down, and one that lost its address", async () => {
  const added = await call("ADD");
  const checked = { config: { ...config, prevResult: added.json ?? {} } };
  expect((await call("CHECK", checked)).exitCode).toBe(0);
  const prefix = Prefix.parse("127.0.0.1/8");
  inside(netns, (socket) => address.delete(socket, { index: 1, prefix }));
  expect((await call("CHECK", checked)).json).toMatchObject({
    msg: "loopback interface lacks the address 127.0.0.1/8",
  });
  inside(netns, (socket) => link.set(socket, 1, { up: false }));
  expect((await call("CHECK")).json).toMatchObject({ msg: "loopback interface is down" });
});

test("DEL brings lo down, and is fine again, without namespace, and with one that is gone", async () => {
  await call("ADD");
  const gone = join(dir, "gone");
  const file = join(dir, "file");
  writeFileSync(file, "");
  for (const path of [netns, netns, "", gone, file]) {
    expect(await call("DEL", { netns: path })).toMatchObject({ exitCode: 0, stdout: "" });
  }
  expect(isUp(netns)).toBe(false);
});

test("DEL leaves lo of another container up, to which the path leads by now", async () => {
  await call("ADD");
  deleteNetns(netns);
  createNetns(netns);
  inside(netns, (socket) => link.set(socket, { name: "lo" }, { up: true }));
  expect(await call("DEL")).toMatchObject({ exitCode: 0, stdout: "" });
  expect(isUp(netns)).toBe(true);
  // The note of ADD is gone by now; without one there is no proof at all.
  expect(await call("DEL")).toMatchObject({ exitCode: 0, stdout: "" });
  expect(isUp(netns)).toBe(true);
});

test("714, case S11, kind: the host's own lo is not touched: ADD is refused, DEL does nothing", async () => {
  setHostUp(true);
  const answer = await call("DEL", { netns: "/proc/self/ns/net" });
  expect(answer).toMatchObject({ exitCode: 0, stdout: "" });
  expect(isUp()).toBe(true);
  setHostUp(false);
  expect((await call("ADD", { netns: "/proc/self/ns/net" })).json).toMatchObject({ code: 8 });
  expect(isUp()).toBe(false);
});

test("714: DEL leaves the host's lo up even when the guard is switched off", async () => {
  setHostUp(true);
  const env = { CNI_NETNS_OVERRIDE: "1" };
  expect(await call("DEL", { netns: "/proc/self/ns/net", env })).toMatchObject({ exitCode: 0 });
  expect(isUp()).toBe(true);
});

test("a path that is no namespace, or leads nowhere, is told with what it should be", async () => {
  const file = join(dir, "file");
  writeFileSync(file, "");
  for (const path of [file, join(dir, "gone")]) {
    const { json } = await call("ADD", { netns: path });
    expect(json).toMatchObject({
      code: 4,
      details: "CNI_NETNS must name a network namespace that exists",
    });
  }
});

test("GC and STATUS succeed and do nothing", async () => {
  await call("ADD");
  const gc = { ...config, "cni.dev/valid-attachments": [] };
  expect(await call("GC", { config: gc })).toMatchObject({ exitCode: 0, stdout: "" });
  expect(await call("STATUS")).toMatchObject({ exitCode: 0, stdout: "" });
  expect(isUp(netns)).toBe(true);
});

const name = existsSync(GO) ? "" : ` [needs ${GO}, Debian package containernetworking-plugins]`;
test.skipIf(!existsSync(GO))(
  `the result in version 1.0.0 is Go's, value for value${name}`,
  async () => {
    const request = { ...config, cniVersion: "1.0.0" };
    const child = Bun.spawn([GO], {
      stdin: new Blob([JSON.stringify(request)]),
      env: {
        CNI_COMMAND: "ADD",
        CNI_CONTAINERID: "test",
        CNI_IFNAME: "eth0",
        CNI_NETNS: netns,
        CNI_PATH: "/nonexistent",
      },
    });
    const want = JSON.parse(await child.stdout.text()) as Record<string, unknown>;
    const got = (await call("ADD", { config: request })).json as Record<string, unknown>;
    // The installed release prints an empty dns where newer ones leave it out.
    expect<Record<string, unknown>>({ dns: {}, ...got }).toEqual({ dns: {}, ...want });
  },
);

test("plan says what ADD would do and touches nothing", async () => {
  const env = { CNI_CONTAINERID: "c", CNI_NETNS: netns, CNI_IFNAME: "eth0", CNI_PATH: "/x" };
  const io = { env, stdin: () => JSON.stringify(config), stdout: () => {}, stderr: () => {} };
  expect(await plugin.plan?.(io)).toEqual(["loopback up: lo of the container goes up"]);
  expect(isUp(netns)).toBe(false);
});
