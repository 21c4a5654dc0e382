/** What an administrator asks of a fleet: its nodes, its blocks, an address, and what does not fit together. */
import { Ip, Prefix } from "../addr/index.ts";
import type { Owner, Share } from "./parts.ts";
import type { Picture } from "./picture.ts";
import { common, covers, sizeOf } from "./pieces.ts";
import type { NodeRecord } from "./records.ts";
import { spacesOf } from "./space.ts";
import { configOf, type FleetState } from "./state.ts";

export interface NodeAnswer {
  readonly id: string;
  readonly record: NodeRecord;
  /** Its lease stands: a hint. */
  readonly lives: boolean;
  /** What it holds, in as few prefixes as possible. */
  readonly prefixes: readonly Prefix[];
  /** Addresses in them. */
  readonly size: number;
  /** Of a dead one: for how long it has been seen dead, and whether its blocks may be taken. */
  readonly deadMs?: number;
  readonly mayBeTaken: boolean;
}

/** Every node that has not been given up, in the order of the ids. */
export function nodesOf(state: FleetState): NodeAnswer[] {
  const ids = [...state.view.nodes].filter(([id, { forgotten }]) => {
    return forgotten !== true || state.view.prefixesOf(id).length > 0;
  });
  return ids
    .map(([id, record]) => answerOf(state, id, record))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

function answerOf(state: FleetState, id: string, record: NodeRecord): NodeAnswer {
  const prefixes = state.view.prefixesOf(id);
  const size = prefixes.reduce((sum, prefix) => sum + sizeOf(prefix), 0);
  const lives = state.alive.get(id)?.epoch === record.epoch;
  const deadMs = elapsedOf(state, { node: id, epoch: record.epoch });
  const { quarantineMs = Number.POSITIVE_INFINITY } = state.fleet;
  const mayBeTaken = !lives && deadMs !== undefined && deadMs >= quarantineMs;
  return {
    id,
    record,
    lives,
    prefixes,
    size,
    mayBeTaken,
    ...(deadMs === undefined ? {} : { deadMs }),
  };
}

function elapsedOf(state: FleetState, owner: Owner): number | undefined {
  return state.quarantines.find(
    ({ owner: { node, epoch } }) => node === owner.node && epoch === owner.epoch,
  )?.record.elapsedMs;
}

/** Addresses of a subnet by what becomes of them. */
export interface SubnetAnswer {
  readonly subnet: Prefix;
  readonly size: number;
  /** In blocks that were never used. */
  readonly fresh: number;
  readonly givenBack: number;
  readonly held: number;
  /** Held by nodes whose lease is gone, or in epochs that their nodes have left behind. */
  readonly dead: number;
}

export function subnetsOf(state: FleetState): SubnetAnswer[] {
  const nodes = new Map(nodesOf(state).map((node) => [node.id, node]));
  return spacesOf(configOf(state.network, state.fleet)).map(({ subnet }) => {
    let [givenBack, held, dead] = [0, 0, 0];
    for (const { block, shares } of state.view.blocks.values()) {
      if (!subnet.contains(block.ip)) continue;
      for (const { prefix, owner } of shares) {
        const node = owner && nodes.get(owner.node);
        if (owner === undefined) givenBack += sizeOf(prefix);
        else if (node?.lives && node.record.epoch === owner.epoch) held += sizeOf(prefix);
        else dead += sizeOf(prefix);
      }
    }
    const size = sizeOf(subnet);
    return { subnet, size, fresh: size - givenBack - held - dead, givenBack, held, dead };
  });
}

/** Which node has an address. */
export interface AddressAnswer {
  /** Undefined for an address of no subnet of the fleet. */
  readonly block: Prefix | undefined;
  /** The part in which it lies; undefined in a block that was never used. */
  readonly part: Share | undefined;
  /** The name that it follows. */
  readonly name: string | undefined;
  /** The node whose own address it is. */
  readonly gatewayOf: string | undefined;
}

export function findAddress(state: FleetState, address: Ip): AddressAnswer {
  const space = spacesOf(configOf(state.network, state.fleet)).find(({ subnet }) =>
    subnet.contains(address),
  );
  const text = address.toString();
  const seen = [...state.view.blocks.values()].find(({ block }) => block.contains(address));
  return {
    block: space?.blockOf(address),
    part: seen?.shares.find(({ prefix }) => prefix.contains(address)),
    name: [...state.names].find(([, { addresses }]) => addresses.includes(text))?.[0],
    gatewayOf: [...state.view.nodes].find(([, { gateways }]) => gateways.includes(text))?.[0],
  };
}

/** What a node's picture and the store do not agree on, in a sentence for each. */
export function disagreements(state: FleetState, picture: Picture): string[] {
  const { node } = picture;
  const record = state.view.nodes.get(node);
  const problems: string[] = [];
  if (record?.epoch !== picture.epoch || record.session !== picture.session) {
    const there = record === undefined ? "none" : `epoch ${record.epoch}`;
    problems.push(`node ${node} goes by epoch ${picture.epoch} of its id, the store has ${there}`);
  }
  if (picture.cluster !== "" && picture.cluster !== state.cluster) {
    problems.push(
      `node ${node} knows the fleet on the store ${picture.cluster}, this one is ${state.cluster}`,
    );
  }
  if (BigInt(picture.revision) > state.revision) {
    problems.push(
      `node ${node} has seen revision ${picture.revision}, the store is at ${state.revision}`,
    );
  }
  const held = picture.subnets.flatMap(({ holdings }) =>
    holdings.flatMap(({ prefix, state: how }) => (how === "held" ? [Prefix.parse(prefix)] : [])),
  );
  const blocks = [...state.view.blocks.values()];
  for (const prefix of held) {
    const seen = blocks.find(({ block }) => covers(block, prefix));
    for (const share of seen?.shares ?? [{ prefix, owner: undefined }]) {
      const both = common(share.prefix, prefix);
      const isOwn = share.owner?.node === node && share.owner.epoch === picture.epoch;
      if (both === undefined || isOwn) continue;
      const whose = share.owner === undefined ? "is free" : `is held by node ${share.owner.node}`;
      problems.push(`node ${node} holds ${both}, which by the store ${whose}`);
    }
  }
  for (const prefix of state.view.prefixesOf(node)) {
    const known = picture.subnets.flatMap(({ holdings }) => holdings);
    const isKnown = known.some((each) => common(Prefix.parse(each.prefix), prefix) !== undefined);
    if (!isKnown) {
      problems.push(`by the store node ${node} holds ${prefix}, of which it does not know`);
    }
  }
  return problems;
}

/** What does not fit together in the store itself, in a sentence for each. */
export function faultsOf(state: FleetState): string[] {
  const faults = state.foreign.map((key) => `${key} holds no record of this program`);
  if (state.halt !== undefined) {
    faults.push(`the fleet is halted by node ${state.halt.by}: ${state.halt.reason}`);
  }
  if (state.halt === undefined && state.cluster !== state.fleet.cluster) {
    faults.push(
      `the fleet was set up on the store ${state.fleet.cluster}, this one is ${state.cluster}`,
    );
  }
  for (const owner of state.view.owners()) {
    if (!state.view.nodes.has(owner)) faults.push(`node ${owner} holds blocks and has no record`);
  }
  for (const [id, { gateways }] of state.view.nodes) {
    for (const text of gateways) {
      const owner = findAddress(state, Ip.parse(text)).part?.owner;
      if (owner?.node !== id) {
        faults.push(`${text}, the own address of node ${id}, is not held by it`);
      }
    }
  }
  return faults;
}
