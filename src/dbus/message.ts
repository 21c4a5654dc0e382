import { ByteReader, ByteWriter, decodeText } from "../bytes/index.ts";

// The wire format of the D-Bus specification, "Message Protocol", as far as calls with strings and
// answers of one simple value need it.

/** Kinds of messages. */
export const MessageType = { CALL: 1, RETURN: 2, ERROR: 3, SIGNAL: 4 } as const;

const LITTLE_ENDIAN = 0x6c; // "l"
const VERSION = 1;
/** A service that does not run is not to be started by asking it something. */
const NO_AUTO_START = 2;
const FIXED_LENGTH = 16;
/** The specification's limit for a whole message. */
const MESSAGE_MAX = 128 * 1024 * 1024;

const Field = {
  PATH: 1,
  INTERFACE: 2,
  MEMBER: 3,
  ERROR_NAME: 4,
  REPLY_SERIAL: 5,
  DESTINATION: 6,
  SIGNATURE: 8,
} as const;

/** A call of a method; all arguments are strings. */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly args?: readonly string[];
}

/** A message that came, as far as it is understood. */
export interface Incoming {
  readonly type: number;
  readonly replySerial: number | undefined;
  readonly errorName: string | undefined;
  readonly interface: string | undefined;
  readonly member: string | undefined;
  /** The first value of the body, when it is a string, a number or a boolean. */
  readonly value: string | number | boolean | undefined;
}

/** The bytes of a call. */
export function encodeCall(call: MethodCall, serial: number): Uint8Array {
  const args = call.args ?? [];
  const body = new ByteWriter();
  for (const arg of args) writeString(body, arg);
  const bytes = body.finish();
  const writer = new ByteWriter();
  writer.u8(LITTLE_ENDIAN).u8(MessageType.CALL).u8(NO_AUTO_START).u8(VERSION);
  writer.u32(bytes.length).u32(serial);
  const fields = writer.length;
  writer.u32(0);
  const start = writer.length;
  writeField(writer, Field.PATH, "o", call.path);
  writeField(writer, Field.INTERFACE, "s", call.interface);
  writeField(writer, Field.MEMBER, "s", call.member);
  writeField(writer, Field.DESTINATION, "s", call.destination);
  if (args.length > 0) writeField(writer, Field.SIGNATURE, "g", "s".repeat(args.length));
  writer.patchU32(fields, writer.length - start);
  return writer.align(8).bytes(bytes).finish();
}

/**
 * How many bytes the message at the beginning takes; undefined when it is not yet to be seen.
 * @throws RangeError when it is no message.
 */
export function messageLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < FIXED_LENGTH) return undefined;
  if (bytes[0] !== LITTLE_ENDIAN || bytes[3] !== VERSION) {
    throw new RangeError("the bus speaks another protocol");
  }
  const reader = new ByteReader(bytes).skip(4);
  const body = reader.u32();
  const fields = reader.skip(4).u32();
  const length = FIXED_LENGTH + Math.ceil(fields / 8) * 8 + body;
  if (length > MESSAGE_MAX) throw new RangeError(`a message of ${length} bytes is too long`);
  return length;
}

/**
 * Reads one whole message.
 * @throws RangeError when it is broken.
 */
export function decodeMessage(bytes: Uint8Array): Incoming {
  const reader = new ByteReader(bytes);
  const type = reader.skip(1).u8();
  const end = FIXED_LENGTH + reader.skip(10).u32();
  let replySerial: number | undefined;
  let errorName: string | undefined;
  let [place, member]: (string | undefined)[] = [];
  let signature = "";
  while (reader.position < end) {
    const code = reader.align(8).u8();
    const value = readValue(reader, readSignature(reader));
    if (code === Field.REPLY_SERIAL && typeof value === "number") replySerial = value;
    if (code === Field.ERROR_NAME && typeof value === "string") errorName = value;
    if (code === Field.INTERFACE && typeof value === "string") place = value;
    if (code === Field.MEMBER && typeof value === "string") member = value;
    if (code === Field.SIGNATURE && typeof value === "string") signature = value;
  }
  reader.align(8);
  const value = "sobu".includes(signature[0] ?? "?")
    ? readValue(reader, signature[0] ?? "")
    : undefined;
  return { type, replySerial, errorName, interface: place, member, value };
}

function writeField(writer: ByteWriter, code: number, kind: "o" | "s" | "g", text: string): void {
  writer.align(8).u8(code).u8(1).cstring(kind);
  if (kind === "g") writer.u8(text.length).cstring(text);
  else writeString(writer, text);
}

function writeString(writer: ByteWriter, text: string): void {
  writer.align(4).u32(Buffer.byteLength(text)).cstring(text);
}

function readSignature(reader: ByteReader): string {
  const text = decodeText(reader.slice(reader.u8()));
  reader.skip(1);
  return text;
}

function readValue(reader: ByteReader, kind: string): string | number | boolean {
  if (kind === "g") return readSignature(reader);
  const number = reader.align(4).u32();
  if (kind === "u") return number;
  if (kind === "b") return number !== 0;
  if (kind !== "s" && kind !== "o") throw new RangeError(`a value of kind ${kind} in a header`);
  const text = decodeText(reader.slice(number));
  reader.skip(1);
  return text;
}
