import { rmSync } from "node:fs";
import { must, run } from "../support/exec.ts";
import type { Disturbance } from "./case.ts";

/** Changes a host or a container behind the back of the plugins. */

const INSIDE: Partial<Readonly<Record<Disturbance, readonly string[]>>> = {
  "link deleted": ["link", "delete", "eth0"],
  "link down": ["link", "set", "eth0", "down"],
  "addresses flushed": ["address", "flush", "dev", "eth0"],
  "routes flushed": ["route", "flush", "dev", "eth0"],
  "another MTU": ["link", "set", "eth0", "mtu", "1300"],
  "another address": ["address", "add", "10.99.0.9/32", "dev", "eth0"],
};

export async function disturb(name: string, what: Disturbance): Promise<void> {
  const words = INSIDE[what];
  // Where there is no such link, nothing is disturbed.
  if (words !== undefined) await run(["ip", "-n", name, ...words]);
  if (what === "ruleset flushed") await must(["nft", "flush", "ruleset"]);
  if (what === "reservations removed") {
    rmSync("/var/lib/cni/networks", { recursive: true, force: true });
  }
  if (what === "namespace deleted") await deleteNamespace(name);
}

/** The kernel ends a namespace, and with it the other ends of its links, a little later. */
async function deleteNamespace(name: string): Promise<void> {
  const inside = await must(["ip", "-n", name, "-j", "link", "show", "type", "veth"]);
  const pairs = (JSON.parse(inside || "[]") as { ifname?: string }[]).filter(
    ({ ifname }) => ifname !== undefined,
  ).length;
  const wanted = (await countPairs()) - pairs;
  await must(["ip", "netns", "delete", name]);
  const until = performance.now() + 5000;
  while ((await countPairs()) > wanted && performance.now() < until) await Bun.sleep(20);
}

async function countPairs(): Promise<number> {
  const links = await must(["ip", "-o", "link", "show", "type", "veth"]);
  return links.split("\n").filter((line) => line !== "").length;
}
