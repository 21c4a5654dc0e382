/** Other nodes of a fleet, and the tunnels to them. */
import type { AttachmentStateForm, FleetForm, FleetNodeForm } from "../../forms/index.ts";
import { addFault, type Draft, nodeId } from "./draft.ts";
import { HOST, type LinkIndex } from "./links.ts";

/** So many other nodes of a fleet a map has; the rest is one node with their count. */
const NODES_MAX = 200;
const PREFIXES_SHOWN = 3;

const STATES: Readonly<Record<FleetNodeForm["state"], AttachmentStateForm>> = {
  alive: "ok",
  dead: "drift",
  "given up": "drift",
  forgotten: "unclear",
  unknown: "unclear",
};

export function addFleet(draft: Draft, fleet: FleetForm, links: LinkIndex): void {
  const { network, nodes = [], tunnels, side } = fleet;
  const known = new Map(nodes.map((one) => [one.node, one]));
  const tunnelOf = new Map(tunnels.map((one) => [one.node, one]));
  const names = [...new Set([...tunnelOf.keys(), ...known.keys()])].filter(
    (name) => name !== side.node,
  );
  for (const name of names.slice(0, NODES_MAX)) {
    const tunnel = tunnelOf.get(name);
    const one = known.get(name);
    const prefixes = tunnel?.prefixes ?? one?.holds ?? [];
    const underlay = tunnel?.underlay ?? one?.underlay;
    const node = draft.node("fleet-node", `${network}/${name}`, name);
    node.addresses.push(...prefixes.map((address) => ({ address })));
    node.lines.push(`node of ${network}`, ...(underlay === undefined ? [] : [underlay]));
    if (one !== undefined && one.state !== "alive") {
      addFault(node, STATES[one.state], `the node is ${one.state}`);
    }
    if (tunnel === undefined) continue;
    const device = tunnel.device === undefined ? undefined : links.nodeOf(tunnel.device);
    const [from, state] = [device?.id ?? nodeId("host", HOST), node.state];
    const label = prefixesText(tunnel.prefixes);
    draft.edge({ from, to: node.id, kind: "tunnel", label, state });
    if (device === undefined) continue;
    const host = nodeId("host", HOST);
    draft.edge({ from: host, to: device.id, kind: "routes", label: "", state: "ok" });
  }
  const rest = names.length - NODES_MAX;
  if (rest > 0) draft.node("fleet-node", `${network}/`, `${rest} more nodes of ${network}`);
}

function prefixesText(prefixes: readonly string[]): string {
  const rest = prefixes.length - PREFIXES_SHOWN;
  const shown = prefixes.slice(0, PREFIXES_SHOWN).join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
