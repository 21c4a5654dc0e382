/** Bridges that stand: has each the address that an ADD to its network wants there? */
import { Ip, Prefix } from "../../addr/index.ts";
import { shellWord } from "../../base/index.ts";
import { field, isObject, type JsonObject } from "../../spec/index.ts";
import type { Report } from "../report.ts";
import { bridgeNameOf, isOn, numberAt, textAt } from "../subject.ts";
import { pluginsIn } from "./networks.ts";
import type { NodeStage, NodeSubject } from "./stage.ts";

export const bridges: NodeStage = {
  name: "bridges",
  title: "bridges of networks",
  look(subject, report) {
    for (const [network, loaded] of subject.node.view.networks) {
      for (const plugin of pluginsIn(loaded)) {
        if (wantsAddress(plugin)) one(subject, report, network, plugin);
      }
    }
    report.pass("none has another address than its network wants");
  },
};

function wantsAddress(plugin: JsonObject): boolean {
  const isGateway = isOn(plugin, "isGateway") || isOn(plugin, "isDefaultGateway");
  const hasVlan = (numberAt(plugin, "vlan") ?? 0) > 0;
  return (
    textAt(plugin, "type") === "bridge" && isGateway && !isOn(plugin, "forceAddress") && !hasVlan
  );
}

/** Of IPv4 a bridge may have no address beside the gateway's. */
function one(
  { node, host }: NodeSubject,
  report: Report,
  network: string,
  plugin: JsonObject,
): void {
  const [wanted, ...others] = gatewaysOf(plugin);
  const name = bridgeNameOf(plugin);
  const link = host.named(name);
  if (link === undefined || wanted === undefined || others.length > 0) return;
  report.look(`addresses of ${name}`);
  const there = host.addressesOf(link.index).filter(({ prefix }) => prefix.family === 4);
  const [first] = there;
  if (first === undefined || there.some(({ prefix }) => prefix.equals(wanted))) return;
  const isUsed = node.view.attachments.some((each) => each.network === network);
  report.find(
    "bridge-address-differs",
    `${name} has the address ${first.prefix}, and network ${network} wants ${wanted} there: an ADD is refused`,
    isUsed
      ? `hawser diff ${shellWord(network)}`
      : `ip address delete ${first.prefix} dev ${shellWord(name)}`,
  );
}

/** The distinct IPv4 gateways of the ranges, with the length of their subnets. */
function gatewaysOf(plugin: JsonObject): Prefix[] {
  const ipam = field(plugin, "ipam");
  if (!isObject(ipam) || textAt(ipam, "type") !== "host-local") return [];
  const sets = field(ipam, "ranges");
  const ranges = [ipam, ...(Array.isArray(sets) ? sets.flat() : [])].filter(isObject);
  const found = ranges.flatMap((range) => {
    const subnet = Prefix.tryParse(textAt(range, "subnet"));
    if (subnet?.family !== 4) return [];
    const gateway = Ip.tryParse(textAt(range, "gateway")) ?? subnet.network().ip.next();
    return new Prefix(gateway, subnet.length);
  });
  return [...new Map(found.map((prefix) => [prefix.toString(), prefix])).values()];
}
