import { COMMENT_MAX_BYTES } from "../../kernel/nftables/index.ts";
import { hexDigest } from "../digest.ts";

/**
 * Names and comments of the reference plugins' iptables layout. They are an on-kernel format:
 * either implementation finds what the other made by computing the same names.
 */

const sha512Hex = (text: string): string => hexDigest("sha512", text);

/** The masquerading chain of one container on one network: 28 characters, the same for both families. */
export function masqueradeChain(network: string, containerId: string): string {
  return `CNI-${sha512Hex(network + containerId).slice(0, 24)}`;
}

/** The chain with one container's port mappings (`CNI-DN-…`, 28 characters). */
export function portChain(network: string, containerId: string): string {
  return `CNI-DN-${sha512Hex(network + containerId).slice(0, 21)}`;
}

/** The chain that releases before 0.7 used for source NAT of mapped ports. */
export function legacySnatChain(network: string, containerId: string): string {
  return `CNI-SN-${sha512Hex(network + containerId).slice(0, 21)}`;
}

/** xt_comment holds 255 bytes and a NUL; longer texts are cut as the reference plugins cut them. */
const COMMENT_LENGTH_MAX = 255;

/** `name: "net" id: "container"`, with an optional word before it. */
export function ownerComment(network: string, containerId: string, prefix = ""): string {
  const text = `${prefix}name: "${network}" id: "${containerId}"`;
  return text.length > COMMENT_LENGTH_MAX ? `${text.slice(0, COMMENT_LENGTH_MAX - 3)}...` : text;
}

/** The prefix by which the nftables masquerade layout marks one attachment's rules. */
export function masqueradeInstance(network: string, containerId: string, ifName: string): string {
  const networkHash = sha512Hex(network).slice(0, 16);
  return `${networkHash}-${sha512Hex(`${ifName}:${containerId}`).slice(0, 16)}`;
}

const HASH_LENGTH = 32;

/** What the nftables layout of port mappings writes: the container's ID; one that is too long ends in a hash. */
export function portComment(containerId: string): string {
  if (containerId.length <= COMMENT_MAX_BYTES) return containerId;
  const hash = hexDigest("sha256", containerId).slice(0, HASH_LENGTH);
  return `${containerId.slice(0, COMMENT_MAX_BYTES - HASH_LENGTH - 1)}#${hash}`;
}

/** A word of iptables-restore: in double quotes, with backslashes before quotes. */
export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/gu, (character) => `\\${character}`)}"`;
}
