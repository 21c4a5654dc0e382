import { expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { ipJson, linkOf } from "../../../tests/support/ip.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

const KEYS = { isGateway: true, staticNeighbours: true, ipam: ipam(4, 6) };

interface Entry {
  readonly dst: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

const lab = pluginLab(plugin, { keys: KEYS });

async function permanent(): Promise<Record<string, string | undefined>> {
  const all = (await ipJson(undefined, "neighbour", "show", "dev", "cni0")) as unknown as Entry[];
  const own = all.filter(({ state }) => state?.includes("PERMANENT"));
  return Object.fromEntries(own.map(({ dst, lladdr }) => [dst, lladdr]));
}

test("the host knows the container's addresses, CHECK holds it, and DEL takes them away", async () => {
  const prevResult = await lab.add();
  const { address } = await linkOf(lab.one, "eth0");
  expect(await permanent()).toEqual({ "10.1.0.2": address, "fd00:10:1::2": address });
  expect((await lab.call("CHECK", { ...KEYS, prevResult })).json).toEqual({});
  await must(["ip", "neighbour", "delete", "10.1.0.2", "dev", "cni0"]);
  expect((await lab.call("CHECK", { ...KEYS, prevResult })).json).toMatchObject({
    code: 100,
    msg: "static neighbours: cni0 does not know 10.1.0.2",
  });
  await lab.del();
  expect(await permanent()).toEqual({});
});

test("GC takes away those of attachments that are not valid any more", async () => {
  await lab.add();
  await lab.call("GC", { ...KEYS, "cni.dev/valid-attachments": [] });
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
  await lab.remember();
  const { json } = await lab.call("ADD");
  expect(json).toMatchObject({ code: 11, msg: "10.1.0.2 is known on cni0 with another MAC" });
  expect(await lab.changes()).toEqual([]);
  expect(await permanent()).toEqual({ "10.1.0.2": mac });
});

test("DEL leaves an entry that another program has put in place of ours", async () => {
  await lab.add();
  const mac = "02:00:00:00:00:99";
  const entry = ["10.1.0.2", "lladdr", mac, "dev", "cni0", "nud", "permanent"];
  await must(["ip", "neighbour", "replace", ...entry]);
  await lab.del();
  expect(await permanent()).toEqual({ "10.1.0.2": mac });
});
