import { ByteReader } from "../bytes/index.ts";
import { OptionCode, StatusCode } from "./constant.ts";
import { type Option, optionOf } from "./options.ts";

/** What a server says of its answer (RFC 8415, 21.13). */
export interface Status {
  readonly code: number;
  /** The server's words, for people. */
  readonly text: string;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [StatusCode.UNSPEC_FAIL, "it fails without a reason"],
  [StatusCode.NO_ADDRS_AVAIL, "no address is available"],
  [StatusCode.NO_BINDING, "it knows of no such lease"],
  [StatusCode.NOT_ON_LINK, "the address does not belong to this link"],
  [StatusCode.USE_MULTICAST, "it must be asked by multicast"],
]);

const SUCCESS: Status = { code: StatusCode.SUCCESS, text: "" };

/**
 * The status among options; success when there is none.
 * @throws RangeError when the option is too short
 */
export function statusOf(options: readonly Option[]): Status {
  const value = optionOf(options, OptionCode.STATUS_CODE);
  if (value === undefined) return SUCCESS;
  const reader = new ByteReader(value);
  const code = reader.u16be();
  const words = reader.slice(Math.min(reader.remaining, 200));
  // The text may hold any byte.
  const text = Array.from(words, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?",
  ).join("");
  return { code, text };
}

/** A status in words. */
export function statusText({ code, text }: Status): string {
  const name = NAMES.get(code) ?? `status ${code}`;
  return text === "" ? name : `${name}: ${text}`;
}
