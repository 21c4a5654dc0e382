import { defined } from "../../base/index.ts";
import { ByteReader, i32At } from "../../bytes/index.ts";
import { Attributes } from "./attributes.ts";
import {
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
} from "./constant.ts";
import type { NetlinkMessage } from "./message.ts";

/** What NLMSG_ERROR or the end of a dump says. */
export interface Acknowledgement {
  /** Positive error number; 0 is success. */
  readonly errno: number;
  /** Extended acknowledgement: the kernel's words; with success they are a warning. */
  readonly extack?: string;
  /** Byte of the request, its header included, that the kernel complains about. */
  readonly offset?: number;
}

const NLMSGHDR_SIZE = 16;
const SUCCESS: Acknowledgement = { errno: 0 };

/** Decodes NLMSG_ERROR (struct nlmsgerr) or NLMSG_DONE; undefined for every other message. */
export function decodeAcknowledgement(message: NetlinkMessage): Acknowledgement | undefined {
  if (message.type !== NLMSG_ERROR && message.type !== NLMSG_DONE) return undefined;
  if (isPlainSuccess(message)) return SUCCESS;
  const reader = new ByteReader(message.payload);
  // Some families end a dump without a code.
  if (message.type === NLMSG_DONE && reader.remaining < 4) return { errno: 0 };
  const errno = -reader.i32(); // error: zero or a negative errno
  if (message.type === NLMSG_ERROR) skipRequest(reader, message.flags);
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return { errno: errno === 0 ? 0 : errno };
  const attributes = Attributes.parse(reader.slice(reader.remaining));
  const extack = attributes.string(NLMSGERR_ATTR_MSG);
  const offset = attributes.u32(NLMSGERR_ATTR_OFFS);
  return {
    errno: errno === 0 ? 0 : errno,
    ...defined({ extack, offset }),
  };
}

/** What nearly every answer is, recognized without taking it apart. */
function isPlainSuccess({ type, flags, payload }: NetlinkMessage): boolean {
  if (type !== NLMSG_ERROR || (flags & NLM_F_ACK_TLVS) !== 0) return false;
  return payload.length >= 4 + NLMSGHDR_SIZE && i32At(payload, 0) === 0;
}

/** The request is repeated after the code: whole, or its header alone when NLM_F_CAPPED. */
function skipRequest(reader: ByteReader, flags: number): void {
  const length = reader.u32(); // nlmsg_len
  reader.skip(NLMSGHDR_SIZE - 4);
  if ((flags & NLM_F_CAPPED) !== 0) return;
  reader.skip(Math.min(length - NLMSGHDR_SIZE, reader.remaining)).align(4);
}
