import { bareAddress } from "../base/index.ts";
import { podName } from "./pod.ts";
import type { Named } from "./select.ts";

/** What of the attachments is wanted. Each filter that is given has to fit, by one of its words. */
export interface AttachmentFilter {
  readonly network?: readonly string[];
  /** Beginnings of the names of pods, with or without their namespaces. */
  readonly pod?: readonly string[];
  /** Beginnings of container IDs. */
  readonly container?: readonly string[];
  /** Without the length of a prefix. */
  readonly address?: readonly string[];
  readonly state?: readonly string[];
}

/** What can be filtered. */
export interface Filtered extends Named {
  readonly state?: string;
}

export function isWanted(one: Filtered, filter: AttachmentFilter): boolean {
  const { network = [], pod = [], container = [], address = [], state = [] } = filter;
  return (
    isIn(network, (name) => one.network === name) &&
    isIn(pod, (text) => isOfPod(one, text)) &&
    isIn(container, (text) => one.containerId.startsWith(text)) &&
    isIn(address, (ip) => (one.addresses ?? []).some((each) => bareAddress(each) === ip)) &&
    isIn(state, (wanted) => one.state === wanted)
  );
}

function isIn(wanted: readonly string[], has: (text: string) => boolean): boolean {
  return wanted.length === 0 || wanted.some(has);
}

function isOfPod({ pod }: Named, text: string): boolean {
  return pod !== undefined && (pod.name.startsWith(text) || podName(pod).startsWith(text));
}
