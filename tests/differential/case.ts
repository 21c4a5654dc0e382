import type { Conflist, PluginObject } from "../support/chain.ts";

/** What is played on two hosts: a network, what its attachments ask for, and a sequence of operations. */

/** One of the containers of a case. */
export type Box = 0 | 1;

/** What is done to a host or a container behind the back of the plugins. */
export const DISTURBANCES = [
  ...["link deleted", "link down", "addresses flushed", "routes flushed", "another MTU"],
  ...["another address", "ruleset flushed", "reservations removed", "namespace deleted"],
] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

export type Step =
  | { readonly op: "ADD"; readonly box: Box }
  | { readonly op: "CHECK"; readonly box: Box }
  | {
      readonly op: "DEL";
      readonly box: Box;
      /** An empty CNI_NETNS, as of a runtime that has lost the namespace. */
      readonly netns: "given" | "empty";
      /** Whether the result of ADD is handed on. */
      readonly prevResult: boolean;
    }
  | { readonly op: "GC"; readonly valid: readonly Box[] }
  | { readonly op: "STATUS" }
  | { readonly op: "VERSION" }
  | { readonly op: "disturb"; readonly box: Box; readonly what: Disturbance };

export interface Case {
  /** The plugin that it is about; one of the list, or the IPAM plugin of one. */
  readonly subject: string;
  readonly list: Conflist;
  readonly capabilityArgs: PluginObject;
  /** CNI_ARGS; empty for none. */
  readonly args: string;
  readonly steps: readonly Step[];
}

/** What one plugin of a list answered. */
export interface PluginAnswer {
  readonly type: string;
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What came of one step: the answers, and then the state, as the programs of the system print it. */
export interface Outcome {
  readonly answers: readonly PluginAnswer[];
  /** Absent after a step that changes nothing: what it changed all the same, the next one shows. */
  readonly state?: Observation;
}

/** What the programs printed; by namespace where each has its own. */
export interface Observation {
  readonly namespaces: Readonly<Record<string, string>>;
  readonly nft: string;
  readonly iptables: string;
  readonly files: readonly string[];
}

/** One step on both hosts. */
export interface Moment {
  readonly played: Case;
  readonly step: Step;
  readonly theirs: Outcome;
  readonly ours: Outcome;
}

/** The subject whose cases compare the two cnitools, both with the reference plugins. */
export const RUNTIME = "runtime";

export function isOfBox(step: Step, box: Box): boolean {
  return "box" in step && step.box === box;
}

/** A step in words. */
export function describeStep(step: Step): string {
  if (step.op === "disturb") return `in c${step.box}: ${step.what}`;
  if (step.op === "GC") {
    return `GC, valid: ${step.valid.map((box) => `c${box}`).join(" ") || "none"}`;
  }
  if (step.op === "STATUS" || step.op === "VERSION") return step.op;
  if (step.op !== "DEL") return `${step.op} c${step.box}`;
  const netns = step.netns === "empty" ? ", no netns" : "";
  return `DEL c${step.box}${netns}${step.prevResult ? "" : ", no prevResult"}`;
}

/** A case in words, each on a line. */
export function describeCase({ list, capabilityArgs, args, steps }: Case): string {
  const asked = Object.keys(capabilityArgs).length === 0 ? [] : [JSON.stringify(capabilityArgs)];
  return [
    JSON.stringify(list),
    ...asked.map((text) => `capabilities ${text}`),
    ...(args === "" ? [] : [`CNI_ARGS ${args}`]),
    ...steps.map((step, index) => `${index + 1}. ${describeStep(step)}`),
  ].join("\n");
}
