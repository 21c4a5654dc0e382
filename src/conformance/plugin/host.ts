import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Subject } from "../subject/index.ts";
import { MachineUnfit, type World } from "../world/index.ts";

/** The host before the first call: the links, the commands and the daemons that a subject asks for. */

/** How long the commands of `background` may take to be ready. */
const READY_MS = 5000;

const ROUTER = "conformance-router";

export async function prepareHost(world: World, subject: Subject): Promise<void> {
  const { links = [], prepare = [], background = [], awaits = [] } = subject;
  if (links.length > 0) await world.must(["ip", "netns", "add", ROUTER], { silent: true });
  for (const [index, name] of links.entries()) {
    const far = `far${index}`;
    const pair = ["link", "add", name, "type", "veth", "peer", "name", far, "netns", ROUTER];
    await world.must(["ip", ...pair], { silent: true });
    await world.must(["ip", "link", "set", name, "up"], { silent: true });
    await world.must(["ip", "-n", ROUTER, "link", "set", far, "up"], { silent: true });
  }
  for (const command of prepare) await prepared(world, filled(command, subject));
  for (const command of background) world.background(filled(command, subject), subject.env);
  const until = Date.now() + READY_MS;
  for (const path of awaits) {
    while (!existsSync(world.outside(path))) {
      if (Date.now() > until) {
        throw new MachineUnfit(`${path}, which the subject needs, did not appear`);
      }
      await sleep(5);
    }
  }
}

/** A command of subject.json with the executable's path. */
export function filled(command: readonly string[], { path }: Subject): string[] {
  return command.map((word) => word.replaceAll("{subject}", path));
}

/** What a subject needs and this machine does not have is not a fault of the subject. */
async function prepared(world: World, command: readonly string[]): Promise<void> {
  try {
    await world.must(command);
  } catch (error) {
    throw new MachineUnfit(`what the subject needs cannot be prepared here: ${String(error)}`);
  }
}
