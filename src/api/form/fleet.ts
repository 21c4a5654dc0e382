import type { Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import {
  addressCount,
  type NodeReport,
  type PartReport,
  type SpaceReport,
} from "../../fleet/operator/index.ts";
import type {
  FleetBlockForm,
  FleetNodeForm,
  FleetSideForm,
  FleetSubnetForm,
} from "../../forms/index.ts";
import type { FleetSide } from "../../view/fleet/index.ts";

export function fleetNodeForm(node: NodeReport): FleetNodeForm {
  const { id, state, record, deadMs, holds, free } = node;
  return {
    ...{ node: id, state, holds: holds.map(String), addresses: Number(addressesOf(holds)) },
    ...defined({
      epoch: record?.epoch,
      underlay: record?.underlay,
      gateways: record?.gateways === undefined ? undefined : [...record.gateways],
      version: record?.version,
      deadMs,
      free: free === undefined ? undefined : [...free],
    }),
  };
}

export function fleetBlockForm({ block, prefix, node, epoch }: PartReport): FleetBlockForm {
  return {
    ...{ block: block.toString(), prefix: prefix.toString() },
    ...defined({ node, epoch }),
  };
}

export function fleetSubnetForm(space: SpaceReport): FleetSubnetForm {
  const { subnet, blockSize, size, held, resting, blocks } = space;
  return {
    ...{ subnet: subnet.toString(), blockSize, blocks },
    ...{ size: Number(size), held: Number(held), resting: Number(resting) },
    free: Number(size - held - resting),
  };
}

export function fleetSideForm({ network, node, overlay, blocks, waits }: FleetSide): FleetSideForm {
  return { network, overlay, blocks: [...blocks], ...defined({ node, waits }) };
}

/** Addresses of all prefixes together. */
export function addressesOf(prefixes: readonly Prefix[]): bigint {
  return prefixes.reduce((sum, prefix) => sum + addressCount(prefix), 0n);
}
