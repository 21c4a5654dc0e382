import { parseArgs } from "../../spec/index.ts";
import { type Pod, podOf } from "../../view/index.ts";
import type { RecordedCall, RecordedPart } from "../form/index.ts";

/** The calls that a runtime has made for one operation: the plugins of a network, in their order. */
export interface CallGroup {
  /** The identifier of the first call. */
  readonly id: string;
  readonly operation: string;
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
  /** Where the runtime has sent it. */
  readonly pod?: Pod;
  readonly runtime?: string;
  /** When the first call began. */
  readonly time: string;
  /** From the beginning of the first call to the end of the last. */
  readonly ms: number;
  /** The first call that failed. */
  readonly failed?: RecordedCall;
  readonly calls: readonly RecordedCall[];
}

/** Calls with those that were made by plugins among them: by the span that each has as its parent. */
export interface CallForest {
  readonly groups: readonly CallGroup[];
  /** The recorded calls that a call, or a part of it, has made by programs of their own. */
  madeBy(part: RecordedPart): readonly RecordedCall[];
}

/** A runtime goes on to the next plugin at once. */
const GAP_MS = 5000;

/** The groups of calls, the oldest first. @param calls the oldest first */
export function groupsOf(calls: readonly RecordedCall[]): CallForest {
  const parts = new Set(calls.flatMap(idsOf));
  const made = new Map<string, RecordedCall[]>();
  const open = new Map<string, RecordedCall[]>();
  const groups: RecordedCall[][] = [];
  for (const call of calls) {
    const { parentId } = call;
    if (parentId !== undefined && parts.has(parentId) && parentId !== call.id) {
      made.set(parentId, [...(made.get(parentId) ?? []), call]);
      continue;
    }
    const key = JSON.stringify([call.network, call.containerId, call.ifName]);
    const group = open.get(key);
    if (group !== undefined && continues(group, call)) {
      group.push(call);
    } else {
      const begun = [call];
      open.set(key, begun);
      groups.push(begun);
    }
  }
  return {
    groups: groups.map(groupOf),
    madeBy: ({ id }) => made.get(id) ?? [],
  };
}

/** Whether a call is the next one of a group of the same attachment. */
function continues(group: readonly RecordedCall[], call: RecordedCall): boolean {
  const [last] = group.slice(-1);
  if (last === undefined || last.operation !== call.operation) return false;
  if (group.some(({ plugin }) => plugin === call.plugin)) return false;
  if (last.parentId !== call.parentId || last.runtime !== call.runtime) return false;
  const pause = Date.parse(call.time) - Date.parse(last.time) - last.ms;
  return last.parentId !== undefined || Math.abs(pause) < GAP_MS;
}

function groupOf(calls: readonly RecordedCall[]): CallGroup {
  const [first] = calls as readonly [RecordedCall];
  const { id, operation, network, containerId, ifName, netns, runtime, time } = first;
  const start = Date.parse(time);
  const end = Math.max(...calls.map((call) => Date.parse(call.time) + call.ms));
  const failed = calls.find(({ exitCode }) => exitCode !== 0);
  const pod = podOf(argsOf(first));
  return {
    ...{ id, operation, network, containerId, ifName, netns },
    ...(pod === undefined ? {} : { pod }),
    ...(runtime === undefined ? {} : { runtime }),
    ...{ time, ms: end - start, ...(failed === undefined ? {} : { failed }), calls },
  };
}

function argsOf({ env }: RecordedCall): [string, string][] {
  try {
    return parseArgs(env["CNI_ARGS"] ?? "");
  } catch {
    return [];
  }
}

function idsOf(part: RecordedPart): string[] {
  return [part.id, ...part.calls.flatMap(idsOf)];
}
