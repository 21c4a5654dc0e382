import { hostname } from "node:os";
import { defined } from "../../base/index.ts";
import { createMember, type Member, type MemberEvent, type NodeFacts } from "../../fleet/index.ts";
import type { Store } from "../../store/index.ts";
import { type ClusterConfig, pathsOf } from "../config/index.ts";
import { BootClock, chance, nodeId, printMachine, readMachine } from "../node/index.ts";
import { DiskNodeFiles } from "../picture/index.ts";

export interface MakeOptions {
  readonly cluster: ClusterConfig;
  /** What the node of this id publishes of itself. */
  readonly facts: (node: string) => NodeFacts;
  readonly store: Store;
  readonly report: (event: MemberEvent) => void;
  readonly signal: AbortSignal;
}

/** A network's member on this node, with its id. */
export interface NamedMember {
  readonly node: string;
  readonly member: Member;
}

/**
 * Makes the member, for the process that has its lock.
 * @throws CniError of code 7 where this node has no id, or the files are another machine's
 */
export async function makeMember(options: MakeOptions): Promise<NamedMember> {
  const { cluster, facts, store, report, signal } = options;
  const { place, fleet } = cluster;
  const machine = readMachine();
  const node = await nodeId({
    ...{ place, node: cluster.node, hostName: hostname(), machine, signal },
  });
  const member = createMember({
    ...{ config: fleet, node, store, report, chance },
    facts: { ...facts(node), ...defined({ machine: printMachine(machine) }) },
    files: new DiskNodeFiles(pathsOf(place), signal),
    clock: new BootClock(),
  });
  return { node, member };
}
