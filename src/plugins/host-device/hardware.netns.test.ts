import { afterAll, beforeAll, expect } from "bun:test";
import { linkOf } from "../../../tests/support/bridge.ts";
import { callDevice, linkAt, linkNames, mustDevice } from "../../../tests/support/device-lab.ts";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { type Nic, takeNic } from "../../../tests/support/nic.ts";

/** A network card: it has an address that is burnt in, and it outlives its namespace. */

let host: Host;
let one: Container;
let nic: Nic;
beforeAll(async () => {
  if (!has("virtio-nic")) return;
  host = await Host.create();
  nic = await takeNic();
  // /sys/bus/pci shows a card's net directory only in the namespace that the tree was mounted in.
  await must(["mount", "-t", "sysfs", "sysfs", "/sys"]);
});
afterAll(async () => {
  if (has("virtio-nic")) await must(["umount", "/sys"]);
});

needs("virtio-nic")("a card is found by its PCI address, and the result tells it", async () => {
  one = await host.container("one");
  const keys = { pciBusID: nic.pciAddress };
  const { address } = await linkOf(undefined, nic.name);
  const result = await mustDevice("ADD", one, keys);
  const sandbox = one.netns;
  expect(result.interfaces).toEqual([
    { name: "eth0", mac: address, mtu: 1500, sandbox, pciID: nic.pciAddress } as never,
  ]);
  expect((await linkOf(one, "eth0")).ifalias).toBe(nic.name);
  await mustDevice("CHECK", one, { ...keys, prevResult: result });
  await mustDevice("STATUS", one, keys);
  await mustDevice("DEL", one, keys);
  expect(await linkNames(undefined)).toEqual([nic.name]);
  await host.remove(one);
});

needs("virtio-nic")("the name, too, leads to the PCI address", async () => {
  one = await host.container("one");
  const result = await mustDevice("ADD", one, { device: nic.name });
  expect(result.interfaces?.[0]).toMatchObject({ pciID: nic.pciAddress });
  await mustDevice("DEL", one, { device: nic.name });
  await host.remove(one);
});

needs("virtio-nic")(
  "a card is known by its burnt-in address, whatever the container does",
  async () => {
    one = await host.container("one");
    const { address } = await linkOf(undefined, nic.name);
    await mustDevice("ADD", one, { device: nic.name });
    await must(["ip", "-n", "one", "link", "set", "eth0", "down"]);
    const words = ["name", "mine", "alias", "lo", "address", "02:00:00:00:00:99"];
    await must(["ip", "-n", "one", "link", "set", "dev", "eth0", ...words]);
    await must(["ip", "-n", "one", "link", "add", "eth0", "type", "veth", "peer", "name", "x0"]);
    await must(["ip", "-n", "one", "link", "set", "eth0", "alias", nic.name]);
    await mustDevice("DEL", one, { device: nic.name });
    expect(await linkOf(undefined, nic.name)).toMatchObject({ address });
    expect((await linkNames(one)).sort()).toEqual(["eth0", "x0"]);
    await host.remove(one);
  },
);

needs("virtio-nic")(
  "a card that is not back yet is not lost: GC and the next ADD know it",
  async () => {
    one = await host.container("one");
    const inside = { ifName: "net1" };
    await mustDevice("ADD", one, { device: nic.name }, inside);
    // The kernel gives a card to the first namespace of the machine, which is not this test's host.
    await host.remove(one);
    const answer = await callDevice("DEL", one, { device: nic.name }, inside);
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
    one = await host.container("one");
    await mustDevice("ADD", one, { device: nic.name });
    await mustDevice("DEL", one, { device: nic.name });
    expect((await linkOf(undefined, nic.name)).ifalias).toBeUndefined();
    await host.remove(one);
  },
);
