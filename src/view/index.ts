/** What is on this node: the one joined view of what runtimes, plugins, daemon and kernel each know. */
export {
  type Caller,
  isDead,
  type KnownAttachment,
  knownAttachments,
  knownOrNone,
  nameOf,
  notValid,
} from "./known.ts";
