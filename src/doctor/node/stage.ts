import type { HostFacts } from "../facts/host.ts";
import type { StageSpec } from "../report.ts";
import type { Node } from "../surroundings.ts";

/** What the stages of the node look at. */
export interface NodeSubject {
  readonly node: Node;
  readonly host: HostFacts;
}

export type NodeStage = StageSpec<NodeSubject>;
