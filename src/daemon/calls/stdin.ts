import { isAbsolute } from "node:path";
import { HOST_PATHS } from "../../plugins/registry/index.ts";
import {
  CniError,
  ErrorCode,
  field,
  isObject,
  JsonDocument,
  type JsonObject,
} from "../../spec/index.ts";
import { configOf, networkOf } from "../attachments/index.ts";

/** The stdin of a call, as far as the daemon itself has to know it. */
export interface Stdin {
  /**
   * The bytes as text.
   * @throws CniError where they are no text, as a plugin that reads them itself does
   */
  readonly text: () => string;
  /** The same as a document, which is parsed once for all that read it; an error is that of `text`. */
  readonly document: () => JsonDocument;
  /** The configuration, not judged yet; undefined when there is none. */
  readonly config: JsonObject | undefined;
  /** "" when it names none. */
  readonly network: string;
  /** The type of the IPAM plugin; "" when it names none. */
  readonly ipam: string;
  /** Whether it names a file of the host by a relative path. */
  readonly hasRelativePath: boolean;
}

/** Keys of plugins that name files of the host. */
const PATH_KEYS: ReadonlySet<string> = new Set(
  [...HOST_PATHS.values()].flat().flatMap(({ keys }) => keys?.at(-1) ?? []),
);
/** A quick test for these keys, which most configurations lack; an escape may hide any letter. */
const PATH_KEY = new RegExp([...PATH_KEYS, String.raw`\\u`].join("|"), "iu");

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads leniently, since the plugin reports what is wrong with its configuration. */
export function readStdin(bytes: Uint8Array): Stdin {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    const refuse = (): never => fail(cause);
    const nothing = { config: undefined, network: "", ipam: "", hasRelativePath: false };
    return { text: refuse, document: refuse, ...nothing };
  }
  const document = JsonDocument.ofText(text);
  const config = configOf(document);
  return {
    text: () => text,
    document: () => document,
    config,
    network: networkOf(config),
    ipam: ipamOf(config),
    hasRelativePath: config !== undefined && PATH_KEY.test(text) && namesRelative(config),
  };
}

function ipamOf(config: JsonObject | undefined): string {
  const ipam = config === undefined ? undefined : field(config, "ipam");
  const type = isObject(ipam) ? field(ipam, "type") : undefined;
  return typeof type === "string" ? type : "";
}

function namesRelative(config: JsonObject): boolean {
  return [config, field(config, "ipam")].some(
    (part) => isObject(part) && [...PATH_KEYS].some((key) => isRelative(field(part, key))),
  );
}

function isRelative(path: unknown): boolean {
  return typeof path === "string" && path !== "" && !isAbsolute(path);
}

function fail(cause: unknown): never {
  const msg = "error unmarshall network config: it is not valid UTF-8";
  throw new CniError(ErrorCode.DECODING_FAILURE, msg, { cause });
}
