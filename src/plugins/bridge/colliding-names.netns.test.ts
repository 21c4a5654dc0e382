import { expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { ipJson } from "../../../tests/support/ip.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

/** Case S14: the name of a host's end follows from identity, and another link may have had it at ADD. */

const lab = pluginLab(plugin, { containers: ["one", "two"] });
const { one, two } = lab;

const KEYS: Keys = { isGateway: true, ipam: ipam(4) };
/** Two attachments of one network whose first names are the same (found by trying). */
const COLLIDING: Keys = { ...KEYS, name: "advnet" };
const [FIRST, SECOND] = ["c80842", "c108319"];

async function ports(): Promise<(string | undefined)[]> {
  const links = await ipJson(undefined, "link", "show", "master", "cni0");
  return links.map(({ ifname }) => ifname);
}

async function makeLinks(names: readonly string[]): Promise<void> {
  for (const name of names) await must(["ip", "link", "add", name, "type", "bridge"]);
}

async function deleteLinks(names: readonly string[]): Promise<void> {
  for (const name of names) await must(["ip", "link", "delete", name]);
}

/** An attachment whose host's end has the name that comes after those of strangers, which are gone. */
async function attachAfter(count: number): Promise<string> {
  const strangers: string[] = [];
  for (;;) {
    const { interfaces = [] } = await lab.add(KEYS);
    const name = interfaces[1]?.name ?? "";
    if (strangers.length === count) {
      await deleteLinks(strangers);
      return name;
    }
    await lab.del(KEYS);
    await makeLinks([name]);
    strangers.push(name);
  }
}

test("case S14: DEL removes a port whose first name another attachment had at ADD", async () => {
  const first = await lab.add(COLLIDING, { containerId: FIRST });
  const second = await lab.add(COLLIDING, { containerId: SECOND, container: two });
  expect(second.interfaces?.[1]?.name).not.toBe(first.interfaces?.[1]?.name);
  await lab.del(COLLIDING, { containerId: FIRST });
  await lab.del(COLLIDING, { containerId: SECOND, netns: "" });
  expect([await ports(), await ipJson(two, "link", "show", "type", "veth")]).toEqual([[], []]);
});

test("case S14, kind: a port has a later name, and the strangers that had the others are gone", async () => {
  const name = await attachAfter(3);
  expect(await ports()).toEqual([name]);
  await lab.del(KEYS, { netns: "" });
  expect([await ports(), await ipJson(one, "link", "show", "type", "veth")]).toEqual([[], []]);
});

test("case S14, kind: such a port forwards nothing any more when its address is released", async () => {
  await attachAfter(1);
  const states: unknown[] = [];
  const onIpam = async (): Promise<void> => {
    const [port] = await ipJson(undefined, "link", "show", "master", "cni0");
    states.push(port?.linkinfo?.info_slave_data?.["state"]);
  };
  expect(await lab.call("DEL", KEYS, { onIpam })).toMatchObject({ exitCode: 0 });
  expect([states, await ports()]).toEqual([["disabled"], []]);
});
