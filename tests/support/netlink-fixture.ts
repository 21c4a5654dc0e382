import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  decodeMessages,
  messageBytes,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_ACK,
  NLM_F_REQUEST,
} from "../../src/kernel/netlink/index.ts";

/** Messages that tools/netlink captured from `ip` and the kernel, as text with one field a line. */

const ROOT = join(import.meta.dirname, "../../src/kernel/route");

/** A fixture, as `link/veth`: the bytes of one message. */
export function fixtureBytes(name: string): Uint8Array {
  const text = readFileSync(`${join(ROOT, name.replace("/", "/fixture/"))}.hex`, "utf8");
  const hex = text.replace(/#.*$/gm, "").split(/\s+/);
  return Uint8Array.from(hex.filter((byte) => byte !== "").map((b) => Number.parseInt(b, 16)));
}

/** The message of a fixture. */
export function fixture(name: string): NetlinkMessage {
  const [message] = decodeMessages(fixtureBytes(name));
  if (message === undefined) throw new Error(`fixture ${name} holds no message`);
  return message;
}

/** A request as hexadecimal text, as the socket would send it with this sequence number. */
export function sentHex(request: NetlinkRequest, sequence: number): string {
  const flags = request.flags | NLM_F_REQUEST | NLM_F_ACK;
  return Buffer.from(messageBytes({ ...request, flags }, sequence)).toString("hex");
}

/** A fixture as hexadecimal text. */
export function fixtureHex(name: string): string {
  const { sequence, portId, ...rest } = fixture(name);
  return Buffer.from(messageBytes(rest, sequence, portId)).toString("hex");
}
