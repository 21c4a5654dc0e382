import type { Subject } from "../subject/index.ts";
import { MachineUnfit, type World } from "../world/index.ts";

/** The host before the first call: the links, the commands and the daemons that a subject asks for. */

const ROUTER = "conformance-router";

export async function prepareHost(world: World, subject: Subject): Promise<void> {
  const { links = [], prepare = [], background = [] } = subject;
  if (links.length > 0) await world.must(["ip", "netns", "add", ROUTER], { silent: true });
  for (const [index, name] of links.entries()) {
    const far = `far${index}`;
    const pair = ["link", "add", name, "type", "veth", "peer", "name", far, "netns", ROUTER];
    await world.must(["ip", ...pair], { silent: true });
    await world.must(["ip", "link", "set", name, "up"], { silent: true });
    await world.must(["ip", "-n", ROUTER, "link", "set", far, "up"], { silent: true });
  }
  for (const command of prepare) await prepared(world, command);
  for (const command of background) world.background(command, subject.env);
}

/** What a subject needs and this machine does not have is not a fault of the subject. */
async function prepared(world: World, command: readonly string[]): Promise<void> {
  try {
    await world.must(command);
  } catch (error) {
    throw new MachineUnfit(`what the subject needs cannot be prepared here: ${String(error)}`);
  }
}
