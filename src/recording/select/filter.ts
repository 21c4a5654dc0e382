import type { CallGroup } from "./groups.ts";

/** What is looked for. Each that is given has to fit. */
export interface CallFilter {
  /** A container ID or a beginning of it, or a pod's name, with its namespace or without. */
  readonly container?: string;
  readonly network?: string;
  readonly plugin?: string;
  /** In any letters. */
  readonly operation?: string;
  readonly failed?: boolean;
  /** So many milliseconds, or more. */
  readonly slow?: number;
}

export function fits(group: CallGroup, filter: CallFilter): boolean {
  const { container, network, plugin, operation, failed, slow } = filter;
  return (
    (container === undefined || isOf(group, container)) &&
    (network === undefined || group.network === network) &&
    (plugin === undefined || hasPlugin(group, plugin)) &&
    (operation === undefined || group.operation === operation.toUpperCase()) &&
    (failed !== true || group.failed !== undefined) &&
    (slow === undefined || group.ms >= slow)
  );
}

/** Whether the group is about a container, by its ID, a beginning of it, or its pod. */
export function isOf({ containerId, pod }: CallGroup, container: string): boolean {
  if (container === "") return false;
  return containerId.startsWith(container) || pod === container || pod?.split("/")[1] === container;
}

function hasPlugin({ calls }: CallGroup, plugin: string): boolean {
  type Part = Pick<CallGroup["calls"][number], "plugin" | "calls">;
  const has = (part: Part): boolean => part.plugin === plugin || part.calls.some(has);
  return calls.some(has);
}
