import type { JsonObject } from "../../subject/index.ts";
import { ipJson } from "../observe.ts";
import type { Added, PluginScene } from "../scene.ts";

/** Links that bear the marks of another's: its names, its alias, its MAC. */

export interface Marks {
  /** Links of the host that the ADD made. */
  readonly names: readonly string[];
  readonly aliases: readonly string[];
  readonly macs: readonly string[];
}

/** By which marks of an attachment's links another link could pass for one of them. */
export async function marksOf(
  scene: PluginScene,
  { container }: Added,
  names: readonly string[],
): Promise<Marks> {
  const ofHost = await ipJson(scene.world, undefined, "link", "show");
  const ofContainer = await ipJson(scene.world, container.name, "link", "show");
  const own = [
    ...ofHost.filter(({ ifname }) => names.includes(String(ifname))),
    ...ofContainer.filter(({ ifname }) => ifname === container.ifName),
  ];
  return { names, aliases: texts(own, "ifalias"), macs: texts(own, "address") };
}

function texts(list: readonly JsonObject[], key: string): string[] {
  const all = list.map((one) => one[key]).filter((text) => typeof text === "string");
  return all.filter((text) => text !== "00:00:00:00:00:00");
}

/**
 * Makes links with those marks in the host's namespace, or in that of a container; gives their names.
 * In a container one has the very name of the host's end. On the host one has a name much like it, and
 * none has an alias: containers cannot write there, and the host's root may say that a link is a plugin's.
 */
export async function forge(
  scene: PluginScene,
  at: string | undefined,
  { names, aliases, macs }: Marks,
): Promise<string[]> {
  const ip = at === undefined ? ["ip"] : ["ip", "-n", at];
  const likely = names.map((name) => (at === undefined ? similar(name) : name));
  const forged = [...new Set(["forged0", ...likely])];
  for (const [index, name] of forged.entries()) {
    const mac = macs[index % Math.max(macs.length, 1)];
    const address = mac === undefined ? [] : ["address", mac];
    const peer = `forgedpeer${index}`;
    const link = ["link", "add", name, ...address, "type", "veth", "peer", "name", peer];
    await scene.world.must([...ip, ...link]);
    const alias = aliases[index % Math.max(aliases.length, 1)];
    if (at !== undefined && alias !== undefined) {
      await scene.world.must([...ip, "link", "set", name, "alias", alias]);
      await scene.world.must([...ip, "link", "set", peer, "alias", alias]);
    }
    await scene.world.must([...ip, "link", "set", name, "up"]);
  }
  return forged;
}

/** Begins as a plugin's own names do. */
function similar(name: string): string {
  return `${name.slice(0, -2)}zz`;
}
