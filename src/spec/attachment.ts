/** What identifies an attachment: one interface of one container in one network. */
export interface Attachment {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
}

/** An attachment that is still valid, with the keys a GC request gives it (section 2, GC). */
export interface ValidAttachment {
  readonly containerID: string;
  readonly ifname: string;
}
