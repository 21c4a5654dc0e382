/** Ports of the host as ways in. */
import { bareAddress } from "../../base/index.ts";
import type { AttachmentStateForm, HostPortForm } from "../../forms/index.ts";
import { addFault, type Draft, type DraftNode, nodeId } from "./draft.ts";
import { OUTSIDE } from "./links.ts";
import { nameKey } from "./names.ts";
import type { NamespaceIndex } from "./namespaces.ts";

const STATES: Readonly<Record<HostPortForm["state"], readonly [AttachmentStateForm, string]>> = {
  mapped: ["ok", ""],
  waiting: ["drift", "another container has the port"],
  dead: ["orphan", "it leads to a container that is gone"],
  unknown: ["unclear", "it leads to what nothing here knows to be attached"],
  missing: ["drift", "the kernel does not map it"],
  noted: ["unclear", "the kernel could not be asked whether it maps it"],
};

export function addPorts(
  draft: Draft,
  ports: readonly HostPortForm[],
  namespaces: NamespaceIndex,
): void {
  if (ports.length === 0) return;
  const byAddress = new Map<string, DraftNode>();
  for (const node of namespaces.values()) {
    for (const each of node.addresses) {
      const address = bareAddress(each.address);
      if (!byAddress.has(address)) byAddress.set(address, node);
    }
  }
  for (const port of ports) {
    const target = ownerOf(port, namespaces) ?? byAddress.get(port.address);
    const node = portNode(draft, port);
    const { network = target?.network, containerId, ifName } = port;
    if (network !== undefined) node.network = network;
    if (network !== undefined && containerId !== undefined && ifName !== undefined) {
      node.attachments.push({ network, containerId, ifName });
    }
    node.lines.push(targetText(port));
    const [state, fault] = STATES[port.state];
    if (fault !== "") addFault(node, state, faultText(port, fault));
    const label = "";
    draft.edge({ from: nodeId("outside", OUTSIDE), to: node.id, kind: "maps", label, state });
    if (target === undefined) continue;
    const to = { to: target.id, label: targetText(port) };
    draft.edge({ from: node.id, kind: "maps", ...to, state });
  }
}

/** Two owners may want the very same mapping. */
function portNode(draft: Draft, port: HostPortForm): DraftNode {
  const { protocol, hostPort, hostIP, containerId = "", ifName = "" } = port;
  const at = hostIP === undefined ? "" : ` on ${hostIP}`;
  const name = `${protocol}/${hostPort}${at} to ${targetText(port)}`;
  const isTaken = draft.get("port", name) !== undefined;
  const own = isTaken ? `${name} of ${containerId} ${ifName}` : name;
  return draft.node("port", own, `${protocol} ${hostPort}${at}`, { port });
}

function ownerOf(
  { network, containerId, ifName }: HostPortForm,
  namespaces: NamespaceIndex,
): DraftNode | undefined {
  if (network === undefined || containerId === undefined || ifName === undefined) return undefined;
  return namespaces.get(nameKey({ network, containerId, ifName }));
}

function faultText({ holder }: HostPortForm, fault: string): string {
  return holder?.containerId === undefined ? fault : `${fault}: ${holder.containerId}`;
}

/** `10.1.0.7:80`, `[fd00::7]:80` */
export function targetText({ address, containerPort }: HostPortForm): string {
  return `${address.includes(":") ? `[${address}]` : address}:${containerPort}`;
}
