/** `hawser cluster ip`: which node holds an address, and on that node which container has it. */

import { Ip } from "../../../addr/index.ts";
import { fleetBlockForm, fleetNodeForm } from "../../../api/form/index.ts";
import { defined, printable } from "../../../base/index.ts";
import type { FleetReport, PartReport } from "../../../fleet/operator/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { type AddressHolder, lookAtAddress } from "../../../view/address/index.ts";
import { podName } from "../../../view/index.ts";
import { rangeConfigs } from "../../../view/pools/index.ts";
import type { CliIo } from "../../io.ts";
import { json } from "../../json.ts";
import { readNode } from "../../node.ts";
import type { ClusterOptions } from "./options.ts";
import { type OpenFleet, onFleet } from "./session.ts";
import { ownPicture, reportOf } from "./source.ts";
import { fleetJson, nameJson, nodeText } from "./texts.ts";

export async function runClusterIp(
  io: CliIo,
  address: string,
  options: ClusterOptions,
): Promise<number> {
  return await onFleet(io, options, async (fleet) => {
    const { session } = fleet;
    session.about({ address });
    const ip = Ip.parse(address);
    const report = await reportOf(fleet);
    const space = report.spaces.find(({ subnet }) => subnet.contains(ip));
    if (space === undefined) throw foreign(address, report);
    const part = report.parts.find(({ prefix }) => prefix.contains(ip));
    const node = report.nodes.find(({ id }) => id === part?.node);
    const gateway = report.nodes.find(({ record }) => record?.gateways.includes(address) === true);
    const name = report.names.find(({ addresses }) => addresses.some((one) => one.equals(ip)));
    const isHere = node !== undefined && node.id === ownPicture(fleet.cluster)?.node;
    const holders = isHere ? holdersOf(fleet, ip) : [];
    session.answer({
      ...fleetJson(report, fleet),
      ...defined({
        part: part && json(fleetBlockForm(part)),
        node: node && json(fleetNodeForm(node)),
        gatewayOf: gateway?.id,
        follows: name && nameJson(name),
      }),
      here: isHere,
      containers: holders.map(({ attachment }) => ({
        containerId: attachment.containerId,
        ifName: attachment.ifName,
        network: attachment.network,
      })),
    });
    const told = [
      placeText(address, part),
      ...(node === undefined
        ? []
        : [`  the node is ${nodeText(node, report.record.quarantineMs)}`]),
      ...(gateway === undefined ? [] : [`it is the gateway of the containers on ${gateway.id}`]),
      ...(name === undefined ? [] : [`it follows the name ${name.name}, last on ${name.node}`]),
      ...(isHere ? hereLines(address, holders) : elsewhereLines(address, part)),
    ];
    for (const line of told) session.say(printable(line));
  });
}

function foreign(address: string, { network, spaces }: FleetReport): CniError {
  const subnets = spaces.map(({ subnet }) => subnet.toString()).join(" and ");
  const msg = `${address} is of no subnet of the fleet ${network}`;
  return new CniError(ErrorCode.IO_FAILURE, msg, { advice: `its subnets: ${subnets}` });
}

/** What this node knows of the address. */
function holdersOf({ session }: OpenFleet, ip: Ip): readonly AddressHolder[] {
  const view = readNode(session);
  return lookAtAddress(ip, { view, configs: rangeConfigs(view), history: [] }).holders;
}

function placeText(address: string, part: PartReport | undefined): string {
  if (part === undefined) return `${address} is of a block that no node has ever held: it is free`;
  const { block, prefix, node, epoch } = part;
  const of = prefix.equals(block) ? `block ${block}` : `part ${prefix} of block ${block}`;
  return node === undefined
    ? `${address} is of ${of}, which is free`
    : `${address} is of ${of}, held by ${node} in its epoch ${epoch ?? "?"}`;
}

function hereLines(address: string, holders: readonly AddressHolder[]): string[] {
  if (holders.length === 0) return [`no container of this node has ${address}`];
  return holders.map(({ attachment }) => {
    const { containerId, ifName, network, pod } = attachment;
    const name = pod === undefined ? containerId : `${podName(pod)} (${containerId})`;
    return `${name} ${ifName} of network ${network} has it`;
  });
}

function elsewhereLines(address: string, part: PartReport | undefined): string[] {
  if (part?.node === undefined) return [];
  return [`on ${part.node}, hawser ip ${address} says which container has it`];
}
