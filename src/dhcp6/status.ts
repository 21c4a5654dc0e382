import { ByteReader, printableAscii } from "../bytes/index.ts";
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
  return { code, text: printableAscii(reader.slice(reader.remaining), 200) };
}

/** A status in words. */
export function statusText({ code, text }: Status): string {
  const name = NAMES.get(code) ?? `status ${code}`;
  return text === "" ? name : `${name}: ${text}`;
}
