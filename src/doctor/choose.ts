/** Which attachments a caller means by a word. */
import { isOwnPath, leadsTo, Netns } from "../kernel/netns/index.ts";
import type { NodeAttachment, NodeView } from "../view/attachments/index.ts";

/** What a word means: attachments, a namespace that none is known of, several containers, or nothing. */
export type Choice =
  | { readonly kind: "attachments"; readonly attachments: readonly NodeAttachment[] }
  | { readonly kind: "namespace"; readonly path: string }
  | { readonly kind: "network"; readonly name: string }
  | { readonly kind: "several"; readonly containerIds: readonly string[] }
  | { readonly kind: "nothing"; readonly names: readonly string[] };

/**
 * An ID or its unique beginning, a pod's name (`namespace/name` as well), a network, a namespace's path
 * or name. What is meant by its whole name wins over what merely begins so.
 * @param netnsPath the word as the path of a namespace
 */
export function choose(view: NodeView, word: string, netnsPath: string): Choice {
  const exact = view.attachments.filter((one) => isNamed(one, word));
  if (exact.length > 0) return { kind: "attachments", attachments: exact };
  const inside = view.attachments.filter((one) => isIn(one, netnsPath));
  if (inside.length > 0) return { kind: "attachments", attachments: inside };
  const ofNetwork = view.attachments.filter(({ network }) => network === word);
  if (ofNetwork.length > 0) return { kind: "attachments", attachments: ofNetwork };
  if (view.networks.has(word)) return { kind: "network", name: word };
  const begun = view.attachments.filter(({ containerId }) => containerId.startsWith(word));
  const containerIds = [...new Set(begun.map(({ containerId }) => containerId))];
  if (containerIds.length > 1) return { kind: "several", containerIds };
  if (begun.length > 0) return { kind: "attachments", attachments: begun };
  if (isNetns(netnsPath)) return { kind: "namespace", path: netnsPath };
  return { kind: "nothing", names: namesOf(view) };
}

function isNamed({ containerId, pod }: NodeAttachment, word: string): boolean {
  if (containerId === word) return true;
  return pod !== undefined && (pod.name === word || `${pod.namespace ?? ""}/${pod.name}` === word);
}

function isIn({ netns, identity }: NodeAttachment, path: string): boolean {
  if (netns !== "" && !isOwnPath(netns)) return netns === path;
  return identity !== undefined && leadsTo(path, identity);
}

function isNetns(path: string): boolean {
  try {
    using _ = Netns.open(path);
    return true;
  } catch {
    return false;
  }
}

function namesOf({ attachments, networks }: NodeView): string[] {
  const names = attachments.flatMap(({ containerId, pod }) => [containerId, pod?.name ?? ""]);
  return [...new Set([...names, ...networks.keys()])].filter((name) => name !== "");
}
