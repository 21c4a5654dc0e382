import type { JsonObject } from "../subject/index.ts";
import type { World } from "../world/index.ts";
import { isObject } from "./answer.ts";
import type { Container } from "./container.ts";
import { inShape } from "./shape.ts";

/** What a chained plugin finds: an interface with an address, a route, and its end on the host. */

const counters = new WeakMap<World, number>();

/** All containers of a world are in one subnet, as those of a network are. */
function nextOf(world: World): number {
  const number = (counters.get(world) ?? 0) + 1;
  counters.set(world, number);
  return number;
}

export async function prepareChained(
  world: World,
  { name, netns }: Pick<Container, "name" | "netns">,
  ifName: string,
  version: string,
): Promise<{ readonly prevResult: JsonObject; readonly hostLink: string }> {
  const number = nextOf(world);
  const hostLink = `cnfh${number}`;
  const [address, gateway] = [`10.246.0.${number + 1}`, "10.246.0.1"];
  const commands = [
    ["link", "add", hostLink, "type", "veth", "peer", "name", ifName, "netns", name],
    ["addr", "add", `${gateway}/32`, "dev", hostLink],
    ["link", "set", hostLink, "up"],
    ["route", "add", `${address}/32`, "dev", hostLink],
    ["-n", name, "addr", "add", `${address}/24`, "dev", ifName],
    ["-n", name, "link", "set", ifName, "up"],
    ["-n", name, "route", "append", "default", "via", gateway, "dev", ifName],
  ];
  for (const command of commands) await world.must(["ip", ...command], { silent: true });
  const prevResult = inShape(version, {
    interfaces: [
      { name: hostLink, mac: await macOf(world, [], hostLink) },
      { name: ifName, mac: await macOf(world, ["-n", name], ifName), sandbox: netns },
    ],
    ips: [{ address: `${address}/24`, gateway, interface: 1 }],
    routes: [{ dst: "0.0.0.0/0", gw: gateway }],
  });
  return { prevResult, hostLink };
}

/** A link in the container that leads to a bridge of the host. */
export async function prepareWire(
  world: World,
  { name, ifName }: Pick<Container, "name" | "ifName">,
  bridge: string,
): Promise<void> {
  const number = nextOf(world);
  const hostLink = `cnfw${number}`;
  const commands = [
    ["link", "add", hostLink, "type", "veth", "peer", "name", ifName, "netns", name],
    ["link", "set", hostLink, "master", bridge, "up"],
    ["-n", name, "link", "set", ifName, "up"],
  ];
  for (const command of commands) await world.must(["ip", ...command], { silent: true });
}

/** Sets the addresses of an IPAM plugin on the link, as the plugin that delegates to it does. */
export async function bearAddresses(
  world: World,
  { name, ifName }: Pick<Container, "name" | "ifName">,
  result: JsonObject,
): Promise<void> {
  const list = Array.isArray(result["ips"]) ? result["ips"].filter(isObject) : [result["ip4"]];
  for (const one of list) {
    if (!isObject(one)) continue;
    const address = String(one["address"] ?? one["ip"]);
    await world.run(["ip", "-n", name, "addr", "add", address, "dev", ifName], { silent: true });
  }
}

async function macOf(world: World, at: readonly string[], name: string): Promise<string> {
  const text = await world.must(["ip", ...at, "-j", "link", "show", name], { silent: true });
  const [link] = JSON.parse(text) as [{ address: string }];
  return link.address;
}
