import { must } from "./exec.ts";

/** The network cards of the kernel lab's machine: `needs("virtio-nic")`. */

/** A card, in the namespace of the test now. */
export interface Nic {
  readonly name: string;
  /** As in /sys/bus/pci/devices. */
  readonly pciAddress: string;
}

interface Listed {
  readonly ifname: string;
  readonly parentbus?: string;
  readonly parentdev?: string;
}

const MACHINE = ["nsenter", "--net=/proc/1/ns/net", "--"];

/**
 * Moves a free card into this process's network namespace. When the namespace ends, the kernel gives
 * the card back to the machine; a test that wants another one of the two just asks again.
 */
export async function takeNic(): Promise<Nic> {
  // Anywhere else process 1 has the network that people are working with.
  if (process.env["HAWSER_LAB"] !== "1") {
    throw new Error("only the kernel lab has network cards to take");
  }
  const links = JSON.parse(await must([...MACHINE, "ip", "-d", "-j", "link"])) as Listed[];
  const free = links.find(({ parentbus }) => parentbus === "virtio");
  if (free?.parentdev === undefined) throw new Error("no network card is free");
  const device = await must(["readlink", "-f", `/sys/bus/virtio/devices/${free.parentdev}/..`]);
  const pid = String(process.pid);
  await must([...MACHINE, "ip", "link", "set", free.ifname, "netns", pid]);
  return { name: free.ifname, pciAddress: device.trim().split("/").at(-1) ?? "" };
}
