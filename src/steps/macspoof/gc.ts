import type { ValidAttachment } from "../../spec/index.ts";
import { OwnedElements } from "../elements/index.ts";
import { staleMarks } from "../owner/index.ts";
import type { Sides } from "../sides/index.ts";
import { macspoofLayout } from "./layout.ts";

/** Removes the source checks of attachments of the network that are not valid any more. */
export function collectMacspoof(
  sides: Sides,
  network: string,
  valid: readonly ValidAttachment[],
): void {
  const elements = new OwnedElements(sides.nft, macspoofLayout);
  elements.removeFound(staleMarks(network, valid));
  elements.sweep(() => false);
}
