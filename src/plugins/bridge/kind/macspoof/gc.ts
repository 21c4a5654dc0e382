import type { ValidAttachment } from "../../../../spec/index.ts";
import type { Namespaces } from "../../../../state/namespaces/index.ts";
import { nftables, OwnedElements } from "../../../../state/nft-sets/index.ts";
import { staleMarks } from "../../../../state/owner/index.ts";
import { macspoofLayout } from "./layout.ts";

/** Removes the source checks of attachments of the network that are not valid any more. */
export function collectMacspoof(
  namespaces: Namespaces,
  network: string,
  valid: readonly ValidAttachment[],
): void {
  const elements = new OwnedElements(nftables(namespaces), macspoofLayout);
  elements.removeFound(staleMarks(network, valid));
  elements.sweep(() => false);
}
