import type { Json, JsonObject } from "../subject/index.ts";
import type { World } from "../world/index.ts";
import { isObject } from "./answer.ts";

/** What the kernel has, as ip(8) and nft(8) tell it. */

export interface Link {
  readonly name: string;
  readonly index: number;
  readonly mac: string;
  readonly mtu: number;
  readonly isUp: boolean;
  /** "veth", "bridge", …; "" for a device of the kernel's own. */
  readonly kind: string;
}

/** `ip -j` in the host's namespace, or in that of a container. */
export async function ipJson(
  world: World,
  container: string | undefined,
  ...words: readonly string[]
): Promise<readonly JsonObject[]> {
  const at = container === undefined ? [] : ["-n", container];
  const ended = await world.run(["ip", ...at, "-d", "-j", ...words], { silent: true });
  if (ended.exitCode !== 0 || ended.stdout.trim() === "") return [];
  const list = JSON.parse(ended.stdout) as Json;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

export async function links(world: World, container?: string): Promise<Link[]> {
  const list = await ipJson(world, container, "link", "show");
  return list.map((one) => {
    const info = one["linkinfo"];
    const flags = one["flags"];
    return {
      name: word(one["ifname"]),
      index: Number(one["ifindex"]),
      mac: word(one["address"], ""),
      mtu: Number(one["mtu"]),
      isUp: Array.isArray(flags) && flags.includes("UP"),
      kind: isObject(info) ? word(info["info_kind"], "") : "",
    };
  });
}

/** Addresses of an interface with their prefix lengths, without link-local ones. */
export async function addresses(
  world: World,
  container: string | undefined,
  name: string,
): Promise<string[]> {
  const list = await ipJson(world, container, "addr", "show", "dev", name);
  return list.flatMap((one) => {
    const infos = one["addr_info"];
    if (!Array.isArray(infos)) return [];
    return infos
      .filter((info: Json): info is JsonObject => isObject(info) && info["scope"] !== "link")
      .map((info) => `${word(info["local"])}/${word(info["prefixlen"])}`);
  });
}

/** Destinations of the main table, or of another. */
export async function routes(
  world: World,
  container: string | undefined,
  family: "-4" | "-6" = "-4",
): Promise<readonly JsonObject[]> {
  return await ipJson(world, container, family, "route", "show");
}

/**
 * What there is, a line for each thing: links, addresses, routes, rules, packet filter, and the files
 * where plugins keep their state. Names, not indexes and counters: two pictures are equal when nothing
 * came and nothing went.
 */
export async function picture(world: World, containers: readonly string[] = []): Promise<string[]> {
  const lines: string[] = [];
  for (const container of [undefined, ...containers]) {
    const where = container ?? "host";
    for (const link of await links(world, container)) {
      lines.push(`${where}: link ${link.name} ${link.kind}`);
      for (const address of await addresses(world, container, link.name)) {
        lines.push(`${where}: address ${address} on ${link.name}`);
      }
    }
    for (const family of ["-4", "-6"] as const) {
      for (const route of await ipJson(world, container, family, "route", "show", "table", "all")) {
        if (route["type"] === "local" || route["type"] === "multicast") continue;
        if (word(route["dst"]).startsWith("fe80:")) continue;
        lines.push(`${where}: route ${word(route["dst"])} by ${word(route["dev"], "-")}`);
      }
      for (const rule of await ipJson(world, container, family, "rule", "show")) {
        lines.push(`${where}: rule ${word(rule["priority"])} from ${word(rule["src"])}`);
      }
    }
  }
  lines.push(...(await rulesetLines(world)));
  for (const dir of ["/var/lib/cni", "/run"]) {
    const files = world.files(dir).filter((file) => !file.startsWith("/run/conformance/"));
    lines.push(
      ...files.filter((file) => !file.startsWith("/run/netns/")).map((file) => `file ${file}`),
    );
  }
  return lines;
}

async function rulesetLines(world: World): Promise<string[]> {
  if (!world.machine.hasNft) return [];
  const ended = await world.run(["nft", "-s", "list", "ruleset"], { silent: true });
  return ended.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `nft: ${line.trim()}`);
}

/** What differs between two pictures: `+` came, `-` went. */
export function differences(before: readonly string[], after: readonly string[]): string[] {
  const count = (lines: readonly string[], line: string): number =>
    lines.filter((each) => each === line).length;
  const all = new Set([...before, ...after]);
  return [...all].flatMap((line) => {
    const more = count(after, line) - count(before, line);
    if (more === 0) return [];
    return [`${more > 0 ? "+" : "-"} ${line}`];
  });
}

/** A value of ip's JSON as one word. */
function word(value: Json | undefined, otherwise = ""): string {
  if (value === undefined) return otherwise;
  return typeof value === "string" ? value : JSON.stringify(value);
}
