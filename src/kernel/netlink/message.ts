import { type ByteWriter, wordsOf } from "../../bytes/index.ts";
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
export function messageBytes(
  request: NetlinkRequest,
  sequence: number,
  portId: number = 0,
  flags: number = request.flags,
): Uint8Array {
  const { payload } = request;
  const length = NLMSG_HDRLEN + payload.length;
  const bytes = new Uint8Array((length + 3) & ~3);
  // Words of the header, in the order of every machine we run on.
  const header = new Uint32Array(bytes.buffer, 0, NLMSG_HDRLEN / 4);
  header[0] = length;
  header[1] = request.type | (flags << 16);
  header[2] = sequence;
  header[3] = portId;
  bytes.set(payload, NLMSG_HDRLEN);
  return bytes;
}

/** Splits a datagram into its messages. Payloads are views of `datagram`. */
export function decodeMessages(datagram: Uint8Array): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  const words = wordsOf(datagram); // messages begin at words
  const end = datagram.length;
  let at = 0;
  while (end - at >= NLMSG_HDRLEN) {
    const word = at >> 2;
    const length = words[word] as number; // nlmsg_len
    const typeAndFlags = words[word + 1] as number; // nlmsg_type, nlmsg_flags
    if (length < NLMSG_HDRLEN || length > end - at) {
      throw new RangeError(`netlink message of ${length} bytes does not fit its datagram`);
    }
    messages.push({
      type: typeAndFlags & 0xffff,
      flags: typeAndFlags >>> 16,
      sequence: words[word + 2] as number, // nlmsg_seq
      portId: words[word + 3] as number, // nlmsg_pid
      payload: datagram.subarray(at + NLMSG_HDRLEN, at + length),
    });
    at = Math.min((at + length + 3) & ~3, end); // the last one may lack its padding
  }
  if (at < end) throw new RangeError("netlink datagram ends inside a header");
  return messages;
}
