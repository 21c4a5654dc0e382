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
