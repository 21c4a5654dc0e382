import type { VNode } from "preact";
import { AttachmentView } from "../attachment/index.tsx";
import { usePage } from "../state/use-page.ts";
import { ListView } from "./list.tsx";

/** All attachments; or one, by its three names. */
export function AttachmentsView(): VNode {
  const [network, containerId, ifName] = usePage().location.value.parts;
  if (network === undefined || containerId === undefined || ifName === undefined) {
    return <ListView />;
  }
  return <AttachmentView name={{ network, containerId, ifName }} />;
}
