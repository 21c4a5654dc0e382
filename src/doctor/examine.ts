/** Examinations: of an attachment, of a namespace that none is known of, of the node as a whole. */
import { errorText } from "../base/index.ts";
import type { NodeAttachment } from "../view/attachments/index.ts";
import { type Asked, Examination } from "./container/examination.ts";
import { CONTAINER_STAGES } from "./container/stages.ts";
import { strangerAt, subjectOf } from "./describe.ts";
import { HostFacts } from "./facts/host.ts";
import type { Stage } from "./finding.ts";
import { NODE_STAGES } from "./node/stages.ts";
import { followPacket, type PacketStory } from "./packet/index.ts";
import { goThrough } from "./report.ts";
import type { Subject } from "./subject.ts";
import type { Node } from "./surroundings.ts";

/** The stages of one examination, and what it was about. */
export interface Diagnosis {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
  readonly stages: readonly Stage[];
  /** The real packet that was sent, where one was asked for. */
  readonly packet?: PacketStory;
  /** Why none was. */
  readonly noPacket?: string;
}

/** What an examination is asked beside the container. */
export interface Question extends Asked {
  /** Sends one packet to the target, and follows it; the signal ends the waiting for an answer. */
  readonly trace?: { readonly signal: AbortSignal } | undefined;
}

/** Examines an attachment, with packets to a target or to what lies beyond the node. */
export async function examineAttachment(
  node: Node,
  one: NodeAttachment,
  question: Question = {},
): Promise<Diagnosis> {
  return await examine(node, subjectOf(one, node), question);
}

/** The same for a namespace of which no attachment is known. */
export async function examineStranger(
  node: Node,
  at: { readonly netns: string; readonly ifName: string },
  question: Question = {},
): Promise<Diagnosis> {
  return await examine(node, strangerAt(at.netns, at.ifName), question);
}

async function examine(node: Node, subject: Subject, question: Question): Promise<Diagnosis> {
  using host = new HostFacts();
  using examination = new Examination(subject, node, host, question);
  const stages = await goThrough(CONTAINER_STAGES, examination);
  const { network, containerId, ifName, netns } = subject;
  return { network, containerId, ifName, netns, stages, ...(await sent(examination, question)) };
}

/** Sends the packet of a question that wants one. */
async function sent(
  examination: Examination,
  { target, trace }: Question,
): Promise<Pick<Diagnosis, "packet" | "noPacket">> {
  if (trace === undefined || target?.port === undefined) return {};
  if (!examination.isOpen) return { noPacket: "the container's namespace was not found" };
  try {
    const [flow] = examination.flows;
    const none = `the container has no IPv${target.ip.family} address`;
    if (flow === undefined) return { noPacket: none };
    const { ip: destination, port, protocol } = target;
    const { netns } = examination.subject;
    const { signal } = trace;
    const { source } = flow;
    return { packet: await followPacket({ netns, source, destination, port, protocol, signal }) };
  } catch (error) {
    return { noPacket: errorText(error) };
  }
}

/** Examines what all containers share. No namespace is entered. */
export async function examineNode(node: Node): Promise<Stage[]> {
  using host = new HostFacts();
  return await goThrough(NODE_STAGES, { node, host });
}
