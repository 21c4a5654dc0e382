/** What identifies an attachment: one interface of one container in one network. */
export interface Attachment {
  /** The network's name, `name` of its configuration. */
  readonly network: string;
  /** `CNI_CONTAINERID`. */
  readonly containerId: string;
  /** `CNI_IFNAME`: the interface's name inside the container. */
  readonly ifName: string;
}

/** An attachment that is still valid, with the keys a GC request gives it (section 2, GC). */
export interface ValidAttachment {
  /** `CNI_CONTAINERID`. */
  readonly containerID: string;
  /** `CNI_IFNAME`. */
  readonly ifname: string;
}
