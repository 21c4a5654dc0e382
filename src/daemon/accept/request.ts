import { ByteReader, ByteWriter } from "../../bytes/index.ts";

/** Identifies a file of the kernel, while it lives. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The first part of a request, which decides whether this daemon can do the call at all. */
export interface RequestFacts {
  /** A descriptor of the namespace in CNI_NETNS came along. */
  readonly hasNetns: boolean;
  /** The caller's network namespace, which the caller takes for the host's. */
  readonly caller: FileIdentity;
}

/** One call of an entry program. */
export interface Request extends RequestFacts {
  /** The name that the entry program was called by. */
  readonly plugin: string;
  /** The caller's current directory. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** As it came, not decoded yet. */
  readonly stdin: Uint8Array;
}

const FACTS_LENGTH = 24;

const decoder = new TextDecoder();

/** @throws RangeError when the payload is too short */
export function decodeFacts(payload: Uint8Array): RequestFacts {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const caller = { dev: view.getBigUint64(8, true), ino: view.getBigUint64(16, true) };
  return { hasNetns: view.getUint32(0, true) !== 0, caller };
}

/**
 * Reads the payload of a REQUEST.
 * @throws RangeError when the payload is not whole
 */
export function decodeRequest(payload: Uint8Array): Request {
  const facts = decodeFacts(payload);
  const reader = new ByteReader(payload).skip(FACTS_LENGTH);
  const part = (): Uint8Array => reader.slice(reader.u32());
  const request = {
    ...facts,
    plugin: text(part()),
    cwd: text(part()),
    env: decodeEnvironment(part()),
    stdin: part(),
  };
  if (reader.remaining !== 0) throw new RangeError(`${reader.remaining} bytes behind the request`);
  return request;
}

/** The payload of a REQUEST, as native/entry.c makes it. */
export function encodeRequest(request: Request): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(request.stdin.length + 4096);
  writer
    .u64(request.hasNetns ? 1n : 0n)
    .u64(request.caller.dev)
    .u64(request.caller.ino);
  const encoder = new TextEncoder();
  const env = Object.entries(request.env).map(([name, value]) => `${name}=${value}\0`);
  const texts = [request.plugin, request.cwd, env.join("")].map((each) => encoder.encode(each));
  for (const bytes of [...texts, request.stdin]) writer.u32(bytes.length).bytes(bytes);
  return writer.finish();
}

/** The first of two variables of one name counts, as for getenv(3). */
function decodeEnvironment(block: Uint8Array): Record<string, string> {
  const env: Record<string, string> = {};
  const pairs = text(block).split("\0");
  for (let last = pairs.length - 1; last >= 0; last--) {
    const pair = pairs[last] ?? "";
    const at = pair.indexOf("=");
    if (at > 0) env[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return env;
}

/** Lossy, as a process's own environment is decoded. */
function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
