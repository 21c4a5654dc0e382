import type { Json, JsonObject, Subject } from "../subject/index.ts";
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

/** How much of it a picture shows. */
export interface PictureOptions {
  /** Also what changes the behaviour of a thing: MAC, MTU, flags, queueing disciplines, sysctls. */
  readonly isDetailed?: boolean;
}

/** One process for a whole picture; each part stands behind a line with its name. */
const PICTURE = `
at() {
  if [ "$1" = . ]; then shift; "$@"; else name=$1; shift; ip netns exec "$name" "$@"; fi
}
detailed=$1
shift
for space in . "$@"; do
  if [ "$space" = . ]; then where=host; else where=$space; fi
  for what in "addr show" "-4 route show table all" "-6 route show table all" "-4 rule show" "-6 rule show"; do
    echo "=$where=$what"
    if [ "$space" = . ]; then ip -d -j $what; else ip -n "$space" -d -j $what; fi
  done 2>/dev/null
  echo "=$where=ruleset"
  at "$space" nft -s list ruleset 2>/dev/null
  if [ -n "$(at "$space" cat /proc/net/ip_tables_names 2>/dev/null)" ]; then
    echo "=$where=legacy"
    at "$space" iptables-legacy-save 2>/dev/null | grep '^-'
  fi
  if [ "$detailed" = yes ]; then
    echo "=$where=qdisc"
    at "$space" tc qdisc show 2>/dev/null
    echo "=$where=sysctl"
    at "$space" grep -rs . /proc/sys/net/ipv4/conf /proc/sys/net/ipv4/ip_forward 2>/dev/null
  fi
done
:
`;

/**
 * What there is, a line for each thing: links, addresses, routes, rules, packet filter, and the files
 * where plugins keep their state. Names, not indexes and counters: two pictures are equal when nothing
 * came and nothing went.
 */
export async function picture(
  world: World,
  containers: readonly string[] = [],
  { isDetailed = false }: PictureOptions = {},
): Promise<string[]> {
  const argv = ["sh", "-c", PICTURE, "picture", isDetailed ? "yes" : "no", ...containers];
  const text = await world.must(argv, { silent: true });
  const lines: string[] = [];
  for (const part of text.split(/^=(?=[^=\n]+=)/mu).slice(1)) {
    const [head = "", ...body] = part.split("\n");
    const at = head.indexOf("=");
    lines.push(...linesOf(head.slice(0, at), head.slice(at + 1), body, isDetailed));
  }
  const files = ["/var/lib/cni", "/run"].flatMap((dir) => world.files(dir));
  lines.push(...files.filter((file) => !isOwn(file)).map((file) => `file ${file}`));
  return lines;
}

/** Files of the suite itself, and the namespaces that it makes. */
function isOwn(file: string): boolean {
  return ["/run/conformance/", "/run/netns/"].some((dir) => file.startsWith(dir));
}

function linesOf(
  where: string,
  what: string,
  body: readonly string[],
  isDetailed: boolean,
): string[] {
  const text = body.join("\n").trim();
  if (what === "ruleset") return rulesetLines(text).map((line) => `${where}: nft ${line}`);
  if (what === "legacy" || what === "qdisc" || what === "sysctl") {
    return body
      .filter((line) => line.trim() !== "")
      .map((line) => `${where}: ${what} ${line.replace(/ refcnt \d+/u, "").trim()}`);
  }
  const list = text === "" ? [] : (JSON.parse(text) as Json);
  const objects = Array.isArray(list) ? list.filter(isObject) : [];
  if (what === "addr show") return objects.flatMap((one) => linkLines(where, one, isDetailed));
  if (what.includes("route")) return objects.flatMap((one) => routeLines(where, one));
  return objects.map((one) => `${where}: rule ${word(one["priority"])} from ${word(one["src"])}`);
}

/** Each element of a set on a line of its own: nft prints them in an order that changes. */
function rulesetLines(text: string): string[] {
  const spread = text.replaceAll(/elements = \{([^{}]*)\}/gu, (_, list: string) => {
    return list
      .split(/,\s/u)
      .map((element) => `element ${element.trim()}`)
      .join("\n");
  });
  return spread
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function linkLines(where: string, one: JsonObject, isDetailed: boolean): string[] {
  const name = word(one["ifname"]);
  if (name === "") return [];
  const info = one["linkinfo"];
  const kind = isObject(info) ? word(info["info_kind"], "") : "";
  const flags = Array.isArray(one["flags"]) ? one["flags"] : [];
  const details = isDetailed
    ? ` ${word(one["address"])} mtu ${word(one["mtu"])} ${flags.includes("UP") ? "up" : "down"}` +
      ` master ${word(one["master"], "-")} alias ${word(one["ifalias"], "-")}`
    : "";
  const infos = Array.isArray(one["addr_info"]) ? one["addr_info"].filter(isObject) : [];
  const own = infos.filter((each) => each["scope"] !== "link" || each["family"] === "inet");
  const addressed = own.map((each) => `${word(each["local"])}/${word(each["prefixlen"])}`);
  return [
    `${where}: link ${name} ${kind}${details}`,
    ...addressed.map((address) => `${where}: address ${address} on ${name}`),
  ];
}

function routeLines(where: string, route: JsonObject): string[] {
  const dst = word(route["dst"]);
  const isOfKernel = route["type"] === "local" || route["type"] === "multicast";
  if (isOfKernel || route["type"] === "anycast" || /^f[ef][0-9a-f]{2}:/u.test(dst)) return [];
  return [`${where}: route ${dst} by ${word(route["dev"], "-")}`];
}

/**
 * A device that is moved into a container comes home down, and a virtual one ends with the container's
 * namespace: the links that the subject was given are looked for by name, in a check of their own. The
 * kernel sets loopback's addresses and leaves them.
 */
export function withoutGiven({ links: given = [] }: Subject, lines: readonly string[]): string[] {
  return lines.filter((line) => {
    const [where, what, first, ...more] = line.split(" ");
    if (what === "address" && more[1] === "lo") return false;
    const name = what === "link" ? first : what === "qdisc" ? more[3] : undefined;
    return where !== "host:" || !given.some((each) => each === name);
  });
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
