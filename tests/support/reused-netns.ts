import { existsSync, statSync } from "node:fs";
import { must } from "./exec.ts";
import type { Container } from "./host.ts";
import { patient } from "./patience.ts";

/** More namespaces than that are not held to fill up the lower numbers that are free. */
const HELD_MAX = 200;
const PAUSE_MS = 10;
const FINDS_WITHIN_MS = 20_000;

/** The number by which the kernel names a container's namespace. */
export function netnsNumber({ netns }: Container): bigint {
  return statSync(netns, { bigint: true }).ino;
}

/**
 * Makes a container whose namespace has the number of one that is gone. The kernel gives the lowest
 * free number, so that it comes back as soon as the old namespace has ended and the lower numbers
 * are taken; other processes of the machine may have it for a while.
 */
export async function containerWithNumber(name: string, number: bigint): Promise<Container> {
  const until = performance.now() + patient(FINDS_WITHIN_MS);
  const held: string[] = [];
  try {
    for (let at = 0; performance.now() < until; at++) {
      const attempt = `number-${at}`;
      await must(["ip", "netns", "add", attempt]);
      if (netnsNumber({ name: attempt, netns: `/run/netns/${attempt}` }) === number) {
        return await rename(attempt, name);
      }
      if (held.length < HELD_MAX) held.push(attempt);
      else await must(["ip", "netns", "delete", attempt]);
      await Bun.sleep(PAUSE_MS);
    }
  } finally {
    for (const each of held) await must(["ip", "netns", "delete", each]);
  }
  throw new Error(`no namespace got the number ${number}`);
}

async function rename(from: string, name: string): Promise<Container> {
  const [old, netns] = [`/run/netns/${from}`, `/run/netns/${name}`];
  if (!existsSync(netns)) await must(["touch", netns]);
  await must(["mount", "--bind", old, netns]);
  await must(["ip", "netns", "delete", from]);
  await must(["ip", "-n", name, "link", "set", "dev", "lo", "up"]);
  return { name, netns };
}
