import { ByteReader, ByteWriter } from "../../bytes/index.ts";
import { NLMSG_HDRLEN } from "./constant.ts";

/** A message to send: what follows the header, and the parts of the header that the caller knows. */
export interface NetlinkRequest {
  /** Message type, as RTM_NEWLINK. */
  readonly type: number;
  /** Flags beyond NLM_F_REQUEST and NLM_F_ACK, which the socket sets: as NLM_F_CREATE. */
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** A message as the kernel sent it. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Port of the socket that the message is for or from; 0 is the kernel. */
  readonly portId: number;
  readonly payload: Uint8Array;
}

/** Appends one message (struct nlmsghdr, payload, padding to 4) to `writer`. */
export function encodeMessage(
  writer: ByteWriter,
  request: NetlinkRequest,
  sequence: number,
  portId: number = 0,
): void {
  writer
    .u32(NLMSG_HDRLEN + request.payload.length) // nlmsg_len
    .u16(request.type) // nlmsg_type
    .u16(request.flags) // nlmsg_flags
    .u32(sequence) // nlmsg_seq
    .u32(portId) // nlmsg_pid
    .bytes(request.payload)
    .align(4);
}

/** One message as bytes of its own. */
export function messageBytes(request: NetlinkRequest, sequence: number, portId = 0): Uint8Array {
  const writer = new ByteWriter(NLMSG_HDRLEN + request.payload.length + 4);
  encodeMessage(writer, request, sequence, portId);
  return writer.finish();
}

/** Splits a datagram into its messages. Payloads are views of `datagram`. */
export function decodeMessages(datagram: Uint8Array): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  const reader = new ByteReader(datagram);
  while (reader.remaining >= NLMSG_HDRLEN) {
    const length = reader.u32(); // nlmsg_len
    const type = reader.u16(); // nlmsg_type
    const flags = reader.u16(); // nlmsg_flags
    const sequence = reader.u32(); // nlmsg_seq
    const portId = reader.u32(); // nlmsg_pid
    if (length < NLMSG_HDRLEN || length - NLMSG_HDRLEN > reader.remaining) {
      throw new RangeError(`netlink message of ${length} bytes does not fit its datagram`);
    }
    messages.push({ type, flags, sequence, portId, payload: reader.slice(length - NLMSG_HDRLEN) });
    reader.align(4);
  }
  if (reader.remaining > 0) {
    throw new RangeError("netlink datagram ends inside a header");
  }
  return messages;
}
