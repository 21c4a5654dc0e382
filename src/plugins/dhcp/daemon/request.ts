import * as v from "valibot";
import {
  CniError,
  checkContainerId,
  checkIfName,
  checkNetworkName,
  ErrorCode,
} from "../../../spec/index.ts";
import { type DaemonRequest, PROTOCOL_VERSION, VERSION_KEY } from "../protocol.ts";

const OPTION_BYTES_MAX = 255;
const OPTIONS_MAX = 255;

const text = v.pipe(v.string(), v.maxLength(4096));
const decimal = v.pipe(v.string(), v.regex(/^\d{1,20}$/u));
const code = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(254));
const hex = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2})+$/u), v.maxLength(2 * OPTION_BYTES_MAX));

const attachment = v.object({
  network: v.pipe(text, v.check(passes(checkNetworkName))),
  containerId: v.pipe(text, v.check(passes(checkContainerId))),
  ifName: v.pipe(text, v.check(passes(checkIfName))),
});

const netns = v.object({
  path: v.pipe(text, v.startsWith("/")),
  dev: decimal,
  ino: decimal,
  cookie: v.optional(decimal),
});

/** Codes of DHCPv6 have 16 bits. */
const code6 = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff));

const requests = v.variant("call", [
  v.object({
    call: v.literal("add"),
    attachment,
    netns,
    options: v.object({
      provide: v.pipe(v.array(v.tuple([code, hex])), v.maxLength(OPTIONS_MAX)),
      request: v.pipe(v.array(code), v.maxLength(OPTIONS_MAX)),
    }),
  }),
  v.object({
    call: v.literal("add6"),
    attachment,
    netns,
    options: v.object({
      request: v.pipe(v.array(code6), v.maxLength(OPTIONS_MAX)),
      acceptRA: v.boolean(),
    }),
  }),
  v.object({ call: v.literal("check"), attachment }),
  v.object({ call: v.literal("check6"), attachment }),
  v.object({ call: v.literal("del"), attachment }),
  v.object({ call: v.literal("list"), network: v.pipe(text, v.check(passes(checkNetworkName))) }),
  v.object({ call: v.literal("status") }),
]);

/** Reads the line of a caller; a CniError of code 6 says what is wrong with it. */
export function readRequest(line: string): DaemonRequest {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw malformed("it is no JSON", cause);
  }
  const versioned = v.safeParse(v.object({ [VERSION_KEY]: v.number() }), json);
  if (!versioned.success) throw malformed(`it has no "${VERSION_KEY}"`);
  const version = versioned.output[VERSION_KEY];
  if (version !== PROTOCOL_VERSION) {
    throw malformed(`version ${version} is spoken, this daemon speaks ${PROTOCOL_VERSION}`);
  }
  const parsed = v.safeParse(requests, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw malformed(`${v.getDotPath(issue) ?? "it"}: ${issue.message.slice(0, 200)}`);
}

function malformed(reason: string, cause?: unknown): CniError {
  return new CniError(ErrorCode.DECODING_FAILURE, `malformed request: ${reason}`, { cause });
}

/** Turns a check that throws into one that returns whether the value is right. */
function passes(check: (text: string) => void): (text: string) => boolean {
  return (value) => {
    try {
      check(value);
      return true;
    } catch {
      return false;
    }
  };
}
