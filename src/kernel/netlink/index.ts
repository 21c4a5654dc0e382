export { type Acknowledgement, decodeAcknowledgement } from "./acknowledgement.ts";
export type { Field } from "./attribute-field.ts";
export { AttributeTable, attributes, type Fields } from "./attribute-table.ts";
export * from "./attribute-type.ts";
export { AttributeWriter } from "./attribute-writer.ts";
export {
  type Attribute,
  Attributes,
  attributeBytes,
  attributeText,
  attributeValues,
} from "./attributes.ts";
export { connectToKernel } from "./connect.ts";
export * from "./constant.ts";
export { drain } from "./drain.ts";
export { BatchError, type BatchFailure } from "./error.ts";
export {
  LIST_LIMIT,
  type ListLimit,
  ListLimitError,
  LongListError,
  UNLIMITED,
  VISITED_LIST_BYTES,
} from "./limit.ts";
export { openToLook } from "./looking.ts";
export {
  decodeMessages,
  encodeMessage,
  messageBytes,
  type NetlinkMessage,
  type NetlinkRequest,
} from "./message.ts";
export { Multicast, type MulticastOptions } from "./multicast.ts";
export { type Datagram, type NetlinkPort, type PortOpener, replacePorts } from "./port.ts";
export type { CollectOptions } from "./reading.ts";
export { closeWith, NetlinkSocket, type NetlinkSocketOptions } from "./socket.ts";
