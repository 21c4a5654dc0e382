import { afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { attach, callBridge, ipam, ipJson, linkOf } from "../../../tests/support/bridge.ts";
import { must } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";

const KEYS = { isGateway: true, staticNeighbours: true, ipam: ipam(4, 6) };

interface Entry {
  readonly dst: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

let host: Host;
let one: Container;
beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  one = await host.container("one");
});
afterEach(async () => {
  await host.remove(one);
  await host.tidy();
});

async function permanent(): Promise<Record<string, string | undefined>> {
  const all = (await ipJson(undefined, "neighbour", "show", "dev", "cni0")) as unknown as Entry[];
  const own = all.filter(({ state }) => state?.includes("PERMANENT"));
  return Object.fromEntries(own.map(({ dst, lladdr }) => [dst, lladdr]));
}

test("the host knows the container's addresses, CHECK holds it, and DEL takes them away", async () => {
  const prevResult = await attach(one, KEYS);
  const { address } = await linkOf(one, "eth0");
  expect(await permanent()).toEqual({ "10.1.0.2": address, "fd00:10:1::2": address });
  expect((await callBridge("CHECK", one, { ...KEYS, prevResult })).json).toEqual({});
  await must(["ip", "neighbour", "delete", "10.1.0.2", "dev", "cni0"]);
  expect((await callBridge("CHECK", one, { ...KEYS, prevResult })).json).toMatchObject({
    code: 100,
    msg: "static neighbours: cni0 does not know 10.1.0.2",
  });
  await callBridge("DEL", one, KEYS);
  expect(await permanent()).toEqual({});
});

test("GC takes away those of attachments that are not valid any more", async () => {
  await attach(one, KEYS);
  await callBridge("GC", one, { ...KEYS, "cni.dev/valid-attachments": [] });
  expect(await permanent()).toEqual({});
});

test("an address that is known with another MAC is not taken over, and nothing stays", async () => {
  // A MAC of its own, which a port does not change: with it the kernel forgets all neighbours.
  await must(["ip", "link", "add", "cni0", "address", "02:00:00:00:00:01", "type", "bridge"]);
  await must(["ip", "link", "set", "cni0", "up"]);
  // Without its last address the kernel forgets them, too.
  await must(["ip", "address", "add", "10.1.0.1/16", "dev", "cni0"]);
  const mac = "02:00:00:00:00:99";
  const entry = ["10.1.0.2", "lladdr", mac, "dev", "cni0", "nud", "permanent"];
  await must(["ip", "neighbour", "add", ...entry]);
  const before = await host.snapshot([one]);
  const { json } = await callBridge("ADD", one, KEYS);
  expect(json).toMatchObject({ code: 11, msg: "10.1.0.2 is known on cni0 with another MAC" });
  expect(leaks(diff(before, await host.snapshot([one])))).toEqual([]);
  expect(await permanent()).toEqual({ "10.1.0.2": mac });
});

test("DEL leaves an entry that another program has put in place of ours", async () => {
  await attach(one, KEYS);
  const mac = "02:00:00:00:00:99";
  const entry = ["10.1.0.2", "lladdr", mac, "dev", "cni0", "nud", "permanent"];
  await must(["ip", "neighbour", "replace", ...entry]);
  await callBridge("DEL", one, KEYS);
  expect(await permanent()).toEqual({ "10.1.0.2": mac });
});
