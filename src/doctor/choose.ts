/** Which attachments a caller means by a word. */
import { leadsTo, Netns } from "../kernel/netns/index.ts";
import type { NodeAttachment, NodeView } from "../view/attachments/index.ts";
import { select } from "../view/index.ts";

/** What a word means; "unclear" when it names no single container, and nothing else either. */
export type Choice =
  | { readonly kind: "attachments"; readonly attachments: readonly NodeAttachment[] }
  /** A namespace of which no attachment is known. */
  | { readonly kind: "namespace"; readonly path: string }
  /** A network that nothing is attached to. */
  | { readonly kind: "network"; readonly name: string }
  | { readonly kind: "unclear" };

/**
 * What `select` finds, all attachments of a network, or what is attached in a namespace.
 * @param netnsPath the word as the path of a namespace
 */
export function choose(
  { attachments, networks }: NodeView,
  word: string,
  netnsPath: string,
): Choice {
  const selection = select(attachments, word);
  if (selection.kind === "found") return ofAttachments(selection.attachments);
  const inNetwork = attachments.filter(({ network }) => network === word);
  if (inNetwork.length > 0) return ofAttachments(inNetwork);
  if (networks.has(word)) return { kind: "network", name: word };
  if (selection.kind === "several" || !isNetns(netnsPath)) return { kind: "unclear" };
  const inside = attachments.filter(({ identity }) => identity && leadsTo(netnsPath, identity));
  return inside.length > 0 ? ofAttachments(inside) : { kind: "namespace", path: netnsPath };
}

function ofAttachments(attachments: readonly NodeAttachment[]): Choice {
  return { kind: "attachments", attachments };
}

function isNetns(path: string): boolean {
  try {
    using _ = Netns.open(path);
    return true;
  } catch {
    return false;
  }
}
