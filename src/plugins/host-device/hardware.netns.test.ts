import { afterAll, beforeAll, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { linkAt, linkNames, linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { type Nic, takeNic } from "../../../tests/support/nic.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

/** A network card: it has an address that is burnt in, and it outlives its namespace. */

const isThere = has("virtio-nic");
const lab = pluginLab(plugin, { containers: isThere ? ["one"] : [] });
const { one } = lab;
let nic: Nic;
beforeAll(async () => {
  if (!isThere) return;
  nic = await takeNic();
  // /sys/bus/pci shows a card's net directory only in the namespace that the tree was mounted in.
  await must(["mount", "-t", "sysfs", "sysfs", "/sys"]);
});
afterAll(async () => {
  if (isThere) await must(["umount", "/sys"]);
});

needs("virtio-nic")("a card is found by its PCI address, and the result tells it", async () => {
  const keys = { pciBusID: nic.pciAddress };
  const { address } = await linkOf(undefined, nic.name);
  const result = await lab.must("ADD", keys);
  const sandbox = one.netns;
  expect(result.interfaces).toEqual([
    { name: "eth0", mac: address, mtu: 1500, sandbox, pciID: nic.pciAddress } as never,
  ]);
  expect((await linkOf(one, "eth0")).ifalias).toBe(nic.name);
  await lab.must("CHECK", { ...keys, prevResult: result });
  await lab.must("STATUS", keys);
  await lab.must("DEL", keys);
  expect(await linkNames(undefined)).toEqual([nic.name]);
});

needs("virtio-nic")("the name, too, leads to the PCI address", async () => {
  const result = await lab.must("ADD", { device: nic.name });
  expect(result.interfaces?.[0]).toMatchObject({ pciID: nic.pciAddress });
  await lab.must("DEL", { device: nic.name });
});

needs("virtio-nic")(
  "a card is known by its burnt-in address, whatever the container does",
  async () => {
    const { address } = await linkOf(undefined, nic.name);
    await lab.must("ADD", { device: nic.name });
    await must(["ip", "-n", "one", "link", "set", "eth0", "down"]);
    const words = ["name", "mine", "alias", "lo", "address", "02:00:00:00:00:99"];
    await must(["ip", "-n", "one", "link", "set", "dev", "eth0", ...words]);
    await must(["ip", "-n", "one", "link", "add", "eth0", "type", "veth", "peer", "name", "x0"]);
    await must(["ip", "-n", "one", "link", "set", "eth0", "alias", nic.name]);
    await lab.must("DEL", { device: nic.name });
    expect(await linkOf(undefined, nic.name)).toMatchObject({ address });
    expect((await linkNames(one)).sort()).toEqual(["eth0", "x0"]);
  },
);

needs("virtio-nic")(
  "a card that is not back yet is not lost: GC and the next ADD know it",
  async () => {
    const inside = { ifName: "net1" };
    await lab.must("ADD", { device: nic.name }, inside);
    // The kernel gives a card to the first namespace of the machine, which is not this test's host.
    await lab.host.remove(one);
    const answer = await lab.call("DEL", { device: nic.name }, inside);
    expect(answer).toMatchObject({ exitCode: 0 });
    expect(answer.stderr).toContain(nic.name);
    const machine = ["nsenter", "--net=/proc/1/ns/net", "--"];
    const there = JSON.parse(await must([...machine, "ip", "-j", "link"])) as {
      ifname: string;
      ifalias?: string;
    }[];
    const card = there.find(({ ifalias }) => ifalias === nic.name);
    const pid = String(process.pid);
    await must([...machine, "ip", "link", "set", card?.ifname ?? "", "netns", pid]);
    expect(await linkAt(undefined, nic.name)).toBeUndefined();
    await lab.container("one");
    await lab.must("ADD", { device: nic.name });
    await lab.must("DEL", { device: nic.name });
    expect((await linkOf(undefined, nic.name)).ifalias).toBeUndefined();
  },
);
