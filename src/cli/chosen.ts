/** The filters of commands that list or draw attachments. */
import type { AttachmentState, NodeAttachment, NodeView } from "../view/attachments/index.ts";
import { isWanted, podName } from "../view/index.ts";
import { requireNetwork, unknownName } from "./attachments.ts";

/** Each filter that is given has to fit, by one of its words. */
export interface FilterOptions {
  readonly network?: string[];
  readonly pod?: string[];
  readonly container?: string[];
  readonly state?: AttachmentState[];
  readonly address?: string[];
}

/**
 * Those that all filters leave.
 * @throws CniError for the name of a network, pod or container that there is not
 */
export function chosen(view: NodeView, options: FilterOptions): NodeAttachment[] {
  const { attachments } = view;
  const { network = [], pod = [], container = [] } = options;
  for (const name of network) requireNetwork(view, name);
  requireEach("pod", pod, () =>
    attachments.flatMap((one) => (one.pod ? [one.pod.name, podName(one.pod)] : [])),
  );
  requireEach("container", container, () => attachments.map(({ containerId }) => containerId));
  return attachments.filter((one) => isWanted(one, options));
}

/** A filter by the beginning of a name that nothing has is a typo. */
function requireEach(
  what: string,
  wanted: readonly string[],
  namesOf: () => readonly string[],
): void {
  if (wanted.length === 0) return;
  const names = namesOf();
  for (const text of wanted) {
    if (!names.some((name) => name.startsWith(text))) throw unknownName(what, text, names);
  }
}
