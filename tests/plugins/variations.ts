import type { AttachmentParameters, Conflist, PluginObject } from "../support/chain.ts";
import type { Container } from "../support/host.ts";

/** Variations of an example: a second container beside the first, and the layouts of the Go plugins. */

/** What there is once: the device, the VLAN of a link, the one address of a server. */
const ONCE: ReadonlySet<string> = new Set(["host-device", "vlan", "dhcp"]);

export function canBeTwice(plugin: string): boolean {
  return !ONCE.has(plugin);
}

/** Another attachment of the network: ports of the host are the next ones. */
export function secondAttachment(
  first: AttachmentParameters,
  container: Container,
): AttachmentParameters {
  return {
    ...first,
    containerId: "box-2",
    netns: container.netns,
    capabilityArgs: nextPorts(first.capabilityArgs ?? {}) as PluginObject,
  };
}

function nextPorts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nextPorts);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => {
    return [key, key === "hostPort" ? Number(member) + 1 : nextPorts(member)];
  });
  return Object.fromEntries(members);
}

/**
 * What both understand: where ours has a layout of rules of its own, the one that Go knows is named,
 * and an MTU that Go's tap overlooks is left out.
 */
export function inGoLayout(list: Conflist, backend: "iptables" | "nftables"): Conflist {
  const plugins = list.plugins.map((plugin) => {
    if (plugin["type"] === "portmap") return { ...plugin, backend };
    if (plugin["type"] === "tap") return { ...plugin, mtu: 0 };
    if (plugin["type"] === "firewall") return { ...plugin, backend: "iptables" };
    return plugin["ipMasq"] === true ? { ...plugin, ipMasqBackend: backend } : plugin;
  });
  return { ...list, plugins };
}

/** A list with the plugin alone; the list itself where it is no part of it (IPAM). */
export function alone(list: Conflist, type: string): Conflist {
  const own = list.plugins.filter((plugin) => plugin["type"] === type);
  return own.length === 0 ? list : { ...list, plugins: own };
}
