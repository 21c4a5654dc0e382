import { isNamed, select } from "../../view/index.ts";
import type { CallGroup } from "./groups.ts";

/** What is looked for. Each that is given has to fit. */
export interface CallFilter {
  readonly network?: string;
  readonly plugin?: string;
  /** In any letters. */
  readonly operation?: string;
  readonly failed?: boolean;
  /** So many milliseconds, or more. */
  readonly slow?: number;
}

export function fits(group: CallGroup, filter: CallFilter): boolean {
  const { network, plugin, operation, failed, slow } = filter;
  return (
    (network === undefined || group.network === network) &&
    (plugin === undefined || hasPlugin(group, plugin)) &&
    (operation === undefined || group.operation === operation.toUpperCase()) &&
    (failed !== true || group.failed !== undefined) &&
    (slow === undefined || group.ms >= slow)
  );
}

/**
 * The groups of a call by the beginning of its identifier, or of a container as `select` of the view finds it; none
 * when that is the beginning of several. An identifier may begin as a container is named: the container is meant.
 */
export function named(groups: readonly CallGroup[], subject: string): readonly CallGroup[] {
  if (subject === "") return [];
  const isName = groups.some((group) => isNamed(group, subject));
  const byId = groups.filter(({ calls }) => calls.some(({ id }) => id.startsWith(subject)));
  if (byId.length === 1 && !isName) return byId;
  const found = select(groups, subject);
  return found.kind === "found" ? found.attachments : [];
}

function hasPlugin({ calls }: CallGroup, plugin: string): boolean {
  type Part = Pick<CallGroup["calls"][number], "plugin" | "calls">;
  const has = (part: Part): boolean => part.plugin === plugin || part.calls.some(has);
  return calls.some(has);
}
