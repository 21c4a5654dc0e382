import * as v from "valibot";
import { defined, quoted } from "../../base/index.ts";
import { rule, says } from "../../plugin/index.ts";
import { invalidConfig, type JsonObject } from "../../spec/index.ts";
import { DURATION, parseDuration } from "./duration.ts";

/** Where the store of this machine lies when the configuration names no other place. */
const DEFAULT_FILES_DIR = "/var/lib/hawser/store";

const MOST_ENDPOINTS = 32;
const DEFAULT_TIMEOUT = "5s";
/** Shorter, and no member of etcd has the time to answer; longer, and a lease ends while one question is asked. */
const TIMEOUT_MIN_MS = 1000;
const TIMEOUT_MAX_MS = 60_000;

/** Paths to certificates and keys, in PEM. */
export interface TlsFiles {
  /** Of the authority that signs the servers' certificates; without it the system's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the servers' certificates bear, where it is not that of the endpoint. */
  readonly serverName?: string;
}

export interface EtcdOptions {
  readonly kind: "etcd";
  /** `https://10.0.0.1:2379`, all with the same scheme. */
  readonly endpoints: readonly string[];
  readonly tls?: TlsFiles;
  readonly user?: string;
  /** The file that the password is in, without the newline at its end. */
  readonly passwordFile?: string;
  /** Milliseconds after which a call has failed. */
  readonly timeoutMs: number;
}

export interface FilesOptions {
  readonly kind: "files";
  readonly directory: string;
}

/** Which engine keeps a fleet's truth, and how it is reached. */
export type StoreOptions = EtcdOptions | FilesOptions;

/** An absolute path: a relative one would depend on the directory of the runtime. */
function path(key: string): v.GenericSchema<unknown, string> {
  return v.pipe(
    v.string(),
    rule({ pattern: String.raw`^/[^\0]*$` }, (text) => {
      if (text.startsWith("/") && !text.includes("\0")) return;
      throw invalidConfig(`"${key}" is ${quoted(text)}, expected an absolute path`);
    }),
  );
}

const ENDPOINT = String.raw`^https?://[^/?#@\s]+$`;

const endpoint = v.pipe(
  v.string(),
  rule({ pattern: ENDPOINT }, (text) => {
    if (new RegExp(ENDPOINT, "u").test(text) && URL.canParse(text)) return;
    throw invalidConfig(
      `invalid endpoint ${quoted(text)}`,
      "expected http:// or https:// with a host and a port, such as https://10.0.0.1:2379",
    );
  }),
);

const tls = v.object({
  ca: v.pipe(
    v.optional(path("tls.ca")),
    v.description("File of the authority that signs the servers' certificates; else the system's."),
  ),
  cert: v.pipe(v.optional(path("tls.cert")), v.description("File of the client's certificate.")),
  key: v.pipe(v.optional(path("tls.key")), v.description("File of the client's key.")),
  serverName: v.pipe(
    v.optional(v.string()),
    v.description("The name in the servers' certificates, where it is not the endpoint's."),
  ),
});

const etcd = v.object({
  endpoints: v.pipe(
    v.array(endpoint),
    says({ minItems: 1, maxItems: MOST_ENDPOINTS }),
    v.description("Members of etcd, all by http or all by https; one after the other is tried."),
  ),
  tls: v.pipe(v.optional(tls), v.description("Certificates, for endpoints with https.")),
  user: v.pipe(v.optional(v.string()), v.description("User of etcd, with `passwordFile`.")),
  passwordFile: v.pipe(
    v.optional(path("passwordFile")),
    v.description("File of the user's password, readable for root alone."),
  ),
  timeout: v.pipe(
    v.optional(v.string(), DEFAULT_TIMEOUT),
    says({ pattern: DURATION }),
    v.description("How long one request may take, from `1s` to `1m`."),
  ),
});

const files = v.object({
  directory: v.pipe(
    v.optional(path("directory"), DEFAULT_FILES_DIR),
    v.description("A directory of this machine; every node of the fleet is on it."),
  ),
});

/** The keyword for a store that names this engine. */
function engine(name: string): JsonObject {
  return { required: [name], properties: { [name]: { type: "object" } } };
}

/** `store` of the configuration. */
export const storeSchema: v.GenericSchema<unknown, StoreKeys> = v.pipe(
  v.object({
    etcd: v.pipe(v.optional(etcd), v.description("etcd, version 3.4 or later.")),
    files: v.pipe(
      v.optional(files),
      v.description("Files of this machine: for one node, and to try things out."),
    ),
  }),
  says({ oneOf: [engine("etcd"), engine("files")] }),
  v.description("Which engine says which node holds which addresses: `etcd` or `files`."),
);

/** `store` as it stands in the configuration. */
export interface StoreKeys {
  readonly etcd?: EtcdKeys | undefined;
  readonly files?: Pick<FilesOptions, "directory"> | undefined;
}

interface EtcdKeys {
  readonly endpoints: readonly string[];
  readonly tls?: { readonly [Key in keyof TlsFiles]?: string | undefined } | undefined;
  readonly user?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly timeout: string;
}

/** @throws CniError of code 7 */
export function parseStore(keys: StoreKeys): StoreOptions {
  if (keys.etcd !== undefined && keys.files === undefined) return parseEtcd(keys.etcd);
  if (keys.files !== undefined && keys.etcd === undefined) {
    return { kind: "files", directory: keys.files.directory };
  }
  throw invalidConfig(
    keys.etcd === undefined ? '"ipam.store" names no engine' : '"ipam.store" names two engines',
    '"store" has one key: "etcd" or "files"',
  );
}

function parseEtcd(keys: EtcdKeys): EtcdOptions {
  const { endpoints, tls: certificates, user, passwordFile } = keys;
  if (endpoints.length === 0) throw invalidConfig('"ipam.store.etcd" has no endpoint');
  if (endpoints.length > MOST_ENDPOINTS) {
    throw invalidConfig(`"ipam.store.etcd" has more than ${MOST_ENDPOINTS} endpoints`);
  }
  const secure = endpoints.filter((each) => each.startsWith("https:")).length;
  if (secure > 0 && secure < endpoints.length) {
    throw invalidConfig("some endpoints are https, others http", "one fleet uses one of both");
  }
  if (certificates !== undefined && secure === 0) {
    throw invalidConfig('"tls" is for endpoints with https', `${endpoints[0]} is not encrypted`);
  }
  if ((certificates?.cert === undefined) !== (certificates?.key === undefined)) {
    throw invalidConfig('"tls.cert" and "tls.key" belong together');
  }
  if ((user === undefined) !== (passwordFile === undefined)) {
    throw invalidConfig('"user" and "passwordFile" belong together');
  }
  return {
    kind: "etcd",
    endpoints,
    timeoutMs: parseTimeout(keys.timeout),
    ...defined({ user, passwordFile }),
    ...(certificates === undefined ? {} : { tls: defined(certificates) }),
  };
}

function parseTimeout(text: string): number {
  const timeoutMs = parseDuration("timeout", text);
  if (timeoutMs >= TIMEOUT_MIN_MS && timeoutMs <= TIMEOUT_MAX_MS) return timeoutMs;
  throw invalidConfig(`invalid timeout ${text}`, "expected a time from 1s to 1m");
}
