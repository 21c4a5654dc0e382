/** Examinations: of an attachment, of a namespace that none is known of, of the node as a whole. */
import type { NodeAttachment } from "../view/attachments/index.ts";
import { Examination } from "./container/examination.ts";
import { CONTAINER_STAGES } from "./container/stages.ts";
import { strangerAt, subjectOf } from "./describe.ts";
import { HostFacts } from "./facts/host.ts";
import type { Stage } from "./finding.ts";
import { NODE_STAGES } from "./node/stages.ts";
import { goThrough } from "./report.ts";
import type { Subject, Target } from "./subject.ts";
import type { Node } from "./surroundings.ts";

/** The stages of one examination, and what it was about. */
export interface Diagnosis {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
  readonly stages: readonly Stage[];
}

/** Examines an attachment, with packets to a target or to what lies beyond the node. */
export async function examineAttachment(
  node: Node,
  one: NodeAttachment,
  target?: Target,
): Promise<Diagnosis> {
  return await examine(node, subjectOf(one, node), target);
}

/** The same for a namespace of which no attachment is known. */
export async function examineStranger(
  node: Node,
  at: { readonly netns: string; readonly ifName: string },
  target?: Target,
): Promise<Diagnosis> {
  return await examine(node, strangerAt(at.netns, at.ifName), target);
}

async function examine(
  node: Node,
  subject: Subject,
  target: Target | undefined,
): Promise<Diagnosis> {
  using host = new HostFacts();
  using examination = new Examination(subject, node, host, target);
  const stages = await goThrough(CONTAINER_STAGES, examination);
  const { network, containerId, ifName, netns } = subject;
  return { network, containerId, ifName, netns, stages };
}

/** Examines what all containers share. No namespace is entered. */
export async function examineNode(node: Node): Promise<Stage[]> {
  using host = new HostFacts();
  return await goThrough(NODE_STAGES, { node, host });
}
