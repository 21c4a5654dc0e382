import { sha256 } from "../../locks/index.ts";
import { type Attachment, attachmentKey } from "../../spec/index.ts";

/** The longest file name most file systems take, in bytes. */
const NAME_MAX = 255;
const HASH_LENGTH = 32;

/**
 * The file name libcni uses. Two attachments can have the same one ("a-b", "c" and "a", "b-c"),
 * so that the file's content must say whose it is. Undefined when it is too long for a file.
 */
export function plainName({ network, containerId, ifName }: Attachment): string | undefined {
  const name = `${network}-${containerId}-${ifName}`;
  return Buffer.byteLength(name) <= NAME_MAX ? name : undefined;
}

/**
 * The file name when the plain one is another attachment's or too long: the plain one, cut if
 * need be, and a hash of the whole identity. It is no attachment's plain name: in that a "~" can only
 * stand in the interface's name, which is shorter than the hash.
 */
export function hashedName(attachment: Attachment): string {
  const { network, containerId, ifName } = attachment;
  const identity = attachmentKey(attachment);
  const hash = sha256(identity).slice(0, HASH_LENGTH);
  const room = NAME_MAX - HASH_LENGTH - 1;
  const readable = Buffer.from(`${network}-${containerId}-${ifName}`);
  return `${cut(readable, room)}~${hash}`;
}

/** At most `length` bytes, no character split. */
function cut(text: Buffer, length: number): string {
  let end = Math.min(text.length, length);
  while (end < text.length && end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--;
  return text.subarray(0, end).toString("utf8");
}
