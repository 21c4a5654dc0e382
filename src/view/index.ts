/**
 * What is on this node: the one joined view of what runtimes, plugins, daemon and kernel each know.
 * Here is what commands about one attachment need; `attachments` has the whole.
 */
export { type AttachmentFilter, type Filtered, isWanted } from "./filter.ts";
export {
  type Caller,
  isDead,
  type KnownAttachment,
  knownAttachments,
  knownOrNone,
  nameOf,
  notValid,
} from "./known.ts";
export { type Pod, podName, podOf } from "./pod.ts";
export { isNamed, type Named, type Selection, select, selectContainer } from "./select.ts";
