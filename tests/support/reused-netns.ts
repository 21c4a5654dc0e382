import { statSync } from "node:fs";
import { must } from "./exec.ts";
import type { Container, Host } from "./host.ts";

/** More namespaces than that are not held to fill up the lower numbers that are free. */
const HELD_MAX = 100;
const PAUSE_MS = 10;
const FINDS_WITHIN_MS = 2000;
const ATTEMPTS = 20;

/** The number by which the kernel names a container's namespace. */
export function netnsNumber({ netns }: Container): bigint {
  return statSync(netns, { bigint: true }).ino;
}

/**
 * Ends the container that `prepare` gives, without a DEL, and makes one of the name whose namespace
 * has the same number. The kernel gives the lowest free number, so that it comes back as soon as the
 * old namespace has ended and the lower ones are taken. Where another process of the machine is
 * faster, all is done again with another container.
 */
export async function replaceContainer(
  host: Host,
  name: string,
  prepare: () => Promise<Container>,
): Promise<Container> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ending = await prepare();
    const number = netnsNumber(ending);
    await host.remove(ending);
    const next = await containerWithNumber(name, number);
    if (next !== undefined) return next;
  }
  throw new Error("other processes took the numbers of all namespaces that ended");
}

async function containerWithNumber(name: string, number: bigint): Promise<Container | undefined> {
  const until = performance.now() + FINDS_WITHIN_MS;
  const held: string[] = [];
  try {
    while (performance.now() < until && held.length < HELD_MAX) {
      const attempt = `number-${held.length}`;
      await must(["ip", "netns", "add", attempt]);
      held.push(attempt);
      if (netnsNumber({ name: attempt, netns: `/run/netns/${attempt}` }) === number) {
        return await giveName(attempt, name);
      }
      await Bun.sleep(PAUSE_MS);
    }
    return undefined;
  } finally {
    for (const each of held) await must(["ip", "netns", "delete", each]);
  }
}

async function giveName(from: string, name: string): Promise<Container> {
  const netns = `/run/netns/${name}`;
  await must(["touch", netns]);
  await must(["mount", "--bind", `/run/netns/${from}`, netns]);
  await must(["ip", "-n", name, "link", "set", "dev", "lo", "up"]);
  return { name, netns };
}
