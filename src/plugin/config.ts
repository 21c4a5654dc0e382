/** The configuration on stdin: read within bounds, decoded, named. */
import { defined, errorText } from "../base/index.ts";
import type { PluginIo } from "../invoke/index.ts";
import {
  CniError,
  ErrorCode,
  field,
  isObject,
  JsonDocument,
  type JsonObject,
  type JsonSource,
  type JsonValue,
  parseVersion,
} from "../spec/index.ts";

/** The longest configuration that is read, in UTF-16 units here and in bytes from a stream. */
export const MAX_CONFIG_LENGTH: number = 16 * 1024 * 1024;

/** How long VERSION waits for its optional request, in milliseconds. */
const VERSION_PATIENCE_MS = 500;

/** The error for a configuration that is longer than what is read. */
export function tooLong(): CniError {
  return new CniError(
    ErrorCode.IO_FAILURE,
    `error reading from stdin: longer than ${MAX_CONFIG_LENGTH} bytes`,
  );
}

/** A request as it came, and the configuration that it holds. */
export interface ConfigRequest {
  readonly stdin: JsonDocument;
  /** Frozen: delegates are given the same one. */
  readonly config: JsonObject;
}

/** Reads and parses the configuration: code 5 when reading fails, code 6 when it is no object. */
export async function readRequest(io: PluginIo): Promise<ConfigRequest> {
  const stdin = await readDocument(io);
  let value: JsonValue;
  try {
    value = stdin.value;
  } catch (cause) {
    throw undecodable(cause instanceof CniError ? cause.msg : String(cause), cause);
  }
  // Go's decoder takes null for an empty object, and a nameless one is what is then reported.
  if (value === null) return { stdin, config: {} };
  if (!isObject(value)) {
    throw undecodable(
      `it must be a JSON object, not ${Array.isArray(value) ? "an array" : typeof value}`,
    );
  }
  return { stdin, config: value };
}

/** The network's name as it stands in the configuration; "" when absent. */
export function networkName(config: JsonObject): string {
  const name = field(config, "name") ?? "";
  if (typeof name === "string") return name;
  throw undecodable(`"name" must be a string, is ${JSON.stringify(name)}`);
}

/**
 * The version a VERSION request names, or undefined. Callers exist that send nothing, or leave
 * stdin open and silent; they get an answer as well.
 */
export async function readVersionRequest(io: PluginIo): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<JsonDocument>((resolve) => {
    timer = setTimeout(resolve, VERSION_PATIENCE_MS, JsonDocument.ofText(""));
  });
  try {
    const { value } = await Promise.race([readDocument(io), patience]);
    const version = isObject(value) ? field(value, "cniVersion") : undefined;
    if (typeof version !== "string" || version === "") return undefined;
    parseVersion(version);
    return version;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function readDocument(io: PluginIo): Promise<JsonDocument> {
  let source: JsonSource;
  try {
    source = await io.stdin();
  } catch (cause) {
    if (cause instanceof CniError) throw cause;
    const why = errorText(cause);
    throw new CniError(ErrorCode.IO_FAILURE, `error reading from stdin: ${why}`, { cause });
  }
  // A document comes from this process, or was read within bounds of its own.
  if (typeof source === "string" && source.length > MAX_CONFIG_LENGTH) throw tooLong();
  return JsonDocument.from(source);
}

function undecodable(why: string, cause?: unknown): CniError {
  return new CniError(ErrorCode.DECODING_FAILURE, `error unmarshall network config: ${why}`, {
    ...defined({ cause }),
  });
}
