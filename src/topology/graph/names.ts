import type { AttachmentNameForm } from "../../forms/index.ts";

/** An attachment's three names as one key. */
export function nameKey({ network, containerId, ifName }: AttachmentNameForm): string {
  return `${network}\0${containerId}\0${ifName}`;
}

/** Without whatever else the object has. */
export function attachmentName(one: AttachmentNameForm): AttachmentNameForm {
  const { network, containerId, ifName } = one;
  return { network, containerId, ifName };
}

const HEX_ID = /^[0-9a-f]{32,}$/u;
const SHORT = 12;

/** Of a long random ID its beginning. */
export function shortId(containerId: string): string {
  return HEX_ID.test(containerId) ? containerId.slice(0, SHORT) : containerId;
}
