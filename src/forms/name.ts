import { type Keys, maybe, object, type Schema, text } from "./schema.ts";

/** The three names of an attachment, as the specification has them. */
export interface AttachmentNameForm {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
}

export interface PodForm {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Keys of whatever bears the names of an attachment. */
export const NAMES: Keys<AttachmentNameForm> = {
  network: text(),
  containerId: text(),
  ifName: text(),
};

/** The same where one may not be known. */
export const KNOWN_NAMES: Keys<Partial<AttachmentNameForm>> = {
  network: maybe(NAMES.network),
  containerId: maybe(NAMES.containerId),
  ifName: maybe(NAMES.ifName),
};

export const attachmentNameSchema: Schema<AttachmentNameForm> = object(NAMES);
export const knownNameSchema: Schema<Partial<AttachmentNameForm>> = object(KNOWN_NAMES);

export const podSchema: Schema<PodForm> = object<PodForm>(
  { namespace: maybe(text()), name: text() },
  "A pod, or a container that its runtime has named.",
);
