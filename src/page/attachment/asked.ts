import { DEFAULT_BRIDGE } from "../../base/index.ts";
import { joined } from "../words/text.ts";
import { fieldsOf, itemsOf, numberOf, textOf, textsOf } from "./unknown.ts";

/** What a network configuration asks of an interface, as far as it can be compared. */
export interface Asked {
  /** Types of the plugins, in their order. */
  readonly plugins: readonly string[];
  readonly bridge: string | undefined;
  readonly mtu: string | undefined;
  readonly mac: string | undefined;
  /** Where addresses come from, and out of which ranges. */
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly dns: readonly string[];
}

export function askedOf(value: unknown): Asked {
  const config = fieldsOf(value);
  const plugins =
    config["plugins"] === undefined ? [config] : itemsOf(config["plugins"]).map(fieldsOf);
  const types = plugins.flatMap((plugin) => textOf(plugin["type"]) ?? []);
  const first = plugins[0] ?? {};
  const ipam = fieldsOf(first["ipam"]);
  const mtu = plugins.flatMap((plugin) => numberOf(plugin["mtu"]) ?? [])[0];
  const mac = plugins.map((plugin) => textOf(plugin["mac"])).find((each) => each !== undefined);
  return {
    plugins: types,
    bridge: first["type"] === "bridge" ? (textOf(first["bridge"]) ?? DEFAULT_BRIDGE) : undefined,
    mtu: mtu === undefined ? undefined : String(mtu),
    mac,
    addresses: askedAddresses(ipam),
    routes: itemsOf(ipam["routes"]).flatMap((route) => routeText(fieldsOf(route))),
    dns: dnsOf(first["dns"] ?? config["dns"]),
  };
}

function askedAddresses(ipam: Readonly<Record<string, unknown>>): string[] {
  const type = textOf(ipam["type"]);
  const subnets = [
    ...[textOf(ipam["subnet"])],
    ...itemsOf(ipam["ranges"]).flatMap((set) =>
      itemsOf(set).map((range) => textOf(fieldsOf(range)["subnet"])),
    ),
  ].filter((subnet) => subnet !== undefined);
  const fixed = itemsOf(ipam["addresses"]).flatMap(
    (each) => textOf(fieldsOf(each)["address"]) ?? [],
  );
  if (type === undefined) return [];
  if (fixed.length > 0) return fixed;
  return subnets.length === 0 ? [`of ${type}`] : [`of ${joined(subnets)}, by ${type}`];
}

function routeText(route: Readonly<Record<string, unknown>>): string[] {
  const dst = textOf(route["dst"]);
  const gw = textOf(route["gw"]);
  return dst === undefined ? [] : [gw === undefined ? dst : `${dst} via ${gw}`];
}

/** The name servers and domains of a configuration or a result. */
export function dnsOf(value: unknown): string[] {
  const { nameservers, domain, search } = fieldsOf(value);
  return [
    ...textsOf(nameservers),
    ...(textOf(domain) === undefined ? [] : [`domain ${textOf(domain)}`]),
    ...textsOf(search).map((each) => `search ${each}`),
  ];
}
