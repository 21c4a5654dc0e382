import { link } from "../../kernel/route/index.ts";
import type { Attachment } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { ownerComment } from "../owner/index.ts";

/** The form of a mark: network, container ID and interface name. */
const MARK = /^\S+ \S+ \S+$/u;

/**
 * For DEL: whether a link of the container is proved to be of another attachment, by the mark that
 * the link, or its end on the host, bears. A link without a mark may be the attachment's: another
 * implementation marks none.
 */
export function isOfAnother(namespaces: Namespaces, own: link.Link, owner: Attachment): boolean {
  const { netns, host } = namespaces;
  const peer = netns === undefined ? undefined : link.peerOf(host, own, netns);
  return [own.alias, peer?.alias].some(
    (alias) => alias !== undefined && MARK.test(alias) && alias !== ownerComment(owner),
  );
}
