import { Ip, Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import type { FleetRecord, NodeRecord } from "../records.ts";
import type { FleetState } from "../state.ts";
import type { FleetReport, NodeReport, NodeState, PartReport, SpaceReport } from "./report.ts";

const BITS = { 4: 32, 6: 128 } as const;

/** Puts what was read in the order in which people look at it. */
export function fleetReport(state: FleetState): FleetReport {
  const { network, cluster, fleet: record, halt, revision, foreign } = state;
  const parts = partsIn(state);
  const nodes = nodesIn(state, parts);
  return {
    ...{ network, cluster, record, revision, nodes, parts, strange: foreign },
    ...defined({ halt, haltRevision: halt?.revision.toString() }),
    spaces: record.subnets.map((subnet, index) =>
      spaceOf(Prefix.parse(subnet), record.blockSizes[index] ?? 0, parts, nodes),
    ),
    names: [...state.names].map(([name, { addresses, node }]) => ({
      ...{ name, node, addresses: addresses.map((address) => Ip.parse(address)) },
    })),
  };
}

/** Keys of blocks are in the order of their addresses. */
function partsIn({ view }: FleetState): PartReport[] {
  return [...view.blocks]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, { block, shares }]) =>
      shares.map(({ prefix, owner }): PartReport => ({ block, prefix, ...owner })),
    );
}

function nodesIn(state: FleetState, parts: readonly PartReport[]): NodeReport[] {
  const { view, alive, fills, quarantines, fleet } = state;
  const owners = parts.flatMap(({ node }) => node ?? []);
  return [...new Set([...view.nodes.keys(), ...owners])].sort().map((id) => {
    const record = view.nodes.get(id);
    const deadMs = quarantines.find(
      ({ owner }) => owner.node === id && owner.epoch === record?.epoch,
    )?.record.elapsedMs;
    return {
      ...{ id, state: stateOf(record, alive.has(id), deadMs, fleet), holds: view.prefixesOf(id) },
      ...defined({ record, deadMs, free: fills.get(id)?.free }),
    };
  });
}

function stateOf(
  record: NodeRecord | undefined,
  isAlive: boolean,
  deadMs: number | undefined,
  { quarantineMs }: FleetRecord,
): NodeState {
  if (isAlive) return "alive";
  if (record === undefined) return "unknown";
  if (record.forgotten === true) return "forgotten";
  const isOver = quarantineMs !== undefined && deadMs !== undefined && deadMs >= quarantineMs;
  return isOver ? "given up" : "dead";
}

function spaceOf(
  subnet: Prefix,
  blockSize: number,
  parts: readonly PartReport[],
  nodes: readonly NodeReport[],
): SpaceReport {
  const own = parts.filter(({ block }) => subnet.contains(block.ip));
  const alive = new Set(nodes.flatMap(({ id, state }) => (state === "alive" ? [id] : [])));
  const sum = (some: readonly PartReport[]): bigint =>
    some.reduce((total, { prefix }) => total + addressCount(prefix), 0n);
  return {
    ...{ subnet, blockSize, size: addressCount(subnet) },
    held: sum(own.filter(({ node }) => node !== undefined && alive.has(node))),
    resting: sum(own.filter(({ node }) => node !== undefined && !alive.has(node))),
    blocks: new Set(own.map(({ block }) => block.toString())).size,
  };
}

/** The nodes that have not yet asserted what they hold, in a fleet that is halted. */
export function openNodes({ nodes, haltRevision }: FleetReport): NodeReport[] {
  return nodes.filter(({ state, record }) => {
    // One that is given up, or that the store does not know, asserts nothing before it wins its id.
    if (record === undefined || state === "forgotten") return false;
    return record.asserted !== haltRevision;
  });
}

/** Addresses of a prefix. */
export function addressCount({ family, length }: Prefix): bigint {
  return 1n << BigInt(BITS[family] - length);
}
