/** Makes of an attachment of the view what an examination is about. */
import { Ip, Prefix } from "../addr/index.ts";
import { bareAddress, defined, shellWord } from "../base/index.ts";
import { findNetns, isOwnPath } from "../kernel/netns/index.ts";
import {
  addressesOf,
  containerInterface,
  emptyResult,
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  parseResult,
  type Result,
  type Route,
} from "../spec/index.ts";
import {
  commandsToAttachAgain,
  type MappedPort,
  type NodeAttachment,
  portsOf,
} from "../view/attachments/index.ts";
import {
  isOn,
  type PromisedAddress,
  type PublishedPort,
  type Reserved,
  type Subject,
  textAt,
} from "./subject.ts";
import type { Node } from "./surroundings.ts";

/** All that is known of an attachment. Its namespace is searched where only its number is noted. */
export function subjectOf(one: NodeAttachment, node: Node): Subject {
  const { network, containerId, ifName, identity, finished, earlierBoot, cached, sources } = one;
  const result = resultOf(cached?.result);
  const plugins = pluginsOf(one, node);
  const mac = (result && containerInterface(result, ifName)?.mac) || one.mac;
  const isUsable = one.netns !== "" && !isOwnPath(one.netns);
  const found = identity === undefined || isUsable ? undefined : findNetns(identity);
  const reserved = reservedOf(one);
  const addresses = result === undefined ? plainAddresses(one) : promisedOf(result, ifName);
  return {
    ...{ network, containerId, ifName, finished, earlierBoot, plugins, reserved, addresses },
    netns: isUsable ? one.netns : (found ?? one.netns),
    isKnown: true,
    isCached: sources.includes("cache"),
    isNoted: sources.includes("record") || sources.includes("journal"),
    routes: result === undefined ? routesOf(plugins) : [...result.routes],
    dns: result?.dns ?? {},
    // Also what no plugin of the network takes, which is a fault.
    ports: portsOf(cached?.capabilityArgs ?? {}).flatMap(portOf),
    usesHostLocal: plugins.some(usesHostLocal) || reserved.length > 0,
    others: othersOf(one, node),
    again: againOf(one),
    ...defined({ identity, mac: mac || undefined }),
  };
}

/** A namespace of which no attachment is known. */
export function strangerAt(netns: string, ifName: string): Subject {
  return {
    ...{ network: "", containerId: "", ifName, netns, isKnown: false, finished: true },
    ...{ earlierBoot: false, isCached: false, isNoted: false, plugins: [], addresses: [] },
    ...{ routes: [], dns: {}, ports: [], reserved: [], usesHostLocal: false, others: [] },
    again: `hawser add NETWORK ${shellWord(netns)}`,
  };
}

/** A result that cannot be understood promises nothing. */
function resultOf(json: JsonObject | undefined): Result | undefined {
  if (json === undefined) return undefined;
  try {
    return parseResult(json, "");
  } catch {
    return emptyResult("");
  }
}

function promisedOf(result: Result, ifName: string): PromisedAddress[] {
  return addressesOf(result, ifName).flatMap(({ address, gateway }) => {
    const prefix = Prefix.tryParse(address);
    if (prefix === undefined) return [];
    return [{ prefix, ...defined({ gateway: Ip.tryParse(gateway ?? "") }) }];
  });
}

function plainAddresses({ addresses }: NodeAttachment): PromisedAddress[] {
  return addresses.flatMap((text) => {
    const prefix = Prefix.tryParse(text);
    return prefix === undefined ? [] : [{ prefix }]; // of a reservation alone the length is not known
  });
}

/** The configuration of the ADD, else that of the network now. */
function pluginsOf({ network, cached }: NodeAttachment, { view }: Node): JsonObject[] {
  const text = cached?.config ?? view.networks.get(network)?.config.text;
  const json = text === undefined ? undefined : jsonOf(text);
  if (!isObject(json)) return [];
  const list = field(json, "plugins");
  return (Array.isArray(list) ? list : [json]).filter(isObject);
}

function jsonOf(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Without a result the configuration says which routes there should be. */
function routesOf(plugins: readonly JsonObject[]): Route[] {
  return plugins.flatMap((plugin) => {
    const ipam = field(plugin, "ipam");
    const routes = isObject(ipam) ? field(ipam, "routes") : undefined;
    const listed = (Array.isArray(routes) ? routes : []).filter(isObject).map((route) => {
      return { dst: textAt(route, "dst") };
    });
    const isDefault = isOn(plugin, "isDefaultGateway");
    return [
      ...(isDefault ? [{ dst: "0.0.0.0/0" }] : []),
      ...listed.filter(({ dst }) => dst !== ""),
    ];
  });
}

function portOf({ hostPort, containerPort, protocol, hostIP }: MappedPort): PublishedPort[] {
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") return [];
  const hostIp = Ip.tryParse(hostIP ?? "");
  return [{ hostPort, containerPort, protocol, ...defined({ hostIp }) }];
}

function reservedOf({ reservations, containerId, ifName }: NodeAttachment): Reserved[] {
  return reservations.flatMap(({ address, path }) => {
    const ip = Ip.tryParse(address);
    return ip === undefined ? [] : [{ ip, path, containerId, ifName }];
  });
}

function usesHostLocal(plugin: JsonObject): boolean {
  const ipam = field(plugin, "ipam");
  return isObject(ipam) && textAt(ipam, "type") === "host-local";
}

/** Two networks may share a bridge, and a container that is gone has no address any more. */
function othersOf(self: NodeAttachment, { view }: Node): Subject["others"] {
  const bridge = self.hostLink?.master;
  return view.attachments
    .filter((one) => one !== self && one.state !== "orphan")
    .filter(({ network, hostLink }) => {
      return network === self.network || (bridge !== undefined && hostLink?.master === bridge);
    })
    .map(({ network, containerId, ifName, addresses: texts }) => {
      const addresses = texts.flatMap((text) => Ip.tryParse(bareAddress(text)) ?? []);
      return { network, containerId, ifName, addresses };
    });
}

/** A pod is its runtime's, which has to know of a new address. */
function againOf(one: NodeAttachment): string {
  if (one.pod !== undefined) return "restart the container, by its runtime";
  return commandsToAttachAgain(one).join(" && ");
}
