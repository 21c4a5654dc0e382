/** What Bun is made of: the executable has Bun in it, and with it these libraries of others. */

export interface BunPart {
  readonly name: string;
  /** A version or a commit, as Bun tells it; of a library that it does not tell, the version of Bun. */
  readonly version: string;
  /** An expression of SPDX. */
  readonly license: string;
  readonly source: string;
}

/** By the key of `process.versions`: name, licence, source. */
const LIBRARIES: Readonly<Record<string, readonly [string, string, string]>> = {
  ares: ["c-ares", "MIT", "https://github.com/c-ares/c-ares"],
  boringssl: [
    "BoringSSL",
    "Apache-2.0 AND ISC AND OpenSSL AND BSD-3-Clause AND MIT",
    "https://boringssl.googlesource.com/boringssl",
  ],
  icu: ["ICU", "Unicode-3.0", "https://github.com/unicode-org/icu"],
  libarchive: ["libarchive", "BSD-2-Clause", "https://github.com/libarchive/libarchive"],
  libdeflate: ["libdeflate", "MIT", "https://github.com/ebiggers/libdeflate"],
  llhttp: ["llhttp", "MIT", "https://github.com/nodejs/llhttp"],
  lolhtml: ["lol-html", "BSD-3-Clause", "https://github.com/cloudflare/lol-html"],
  lshpack: ["ls-hpack", "MIT", "https://github.com/litespeedtech/ls-hpack"],
  mimalloc: ["mimalloc", "MIT", "https://github.com/microsoft/mimalloc"],
  picohttpparser: ["picohttpparser", "MIT", "https://github.com/h2o/picohttpparser"],
  sqlite: ["SQLite", "blessing", "https://sqlite.org/src"],
  tinycc: ["TinyCC", "LGPL-2.1-or-later", "https://github.com/oven-sh/tinycc"],
  usockets: ["uSockets", "Apache-2.0", "https://github.com/uNetworking/uSockets"],
  uwebsockets: ["uWebSockets", "Apache-2.0", "https://github.com/uNetworking/uWebSockets"],
  webkit: [
    "JavaScriptCore",
    "LGPL-2.1-or-later AND BSD-2-Clause",
    "https://github.com/oven-sh/WebKit",
  ],
  zlib: ["zlib", "Zlib", "https://github.com/zlib-ng/zlib-ng"],
  zstd: ["Zstandard", "BSD-3-Clause", "https://github.com/facebook/zstd"],
};

/** A library that Bun has inside and does not tell of: its page of licences names it. */
interface UntoldPart extends Omit<BunPart, "version"> {
  /** A text that the library has in Bun's executable, where it has one. */
  readonly mark?: string;
}

export const UNTOLD: readonly UntoldPart[] = [
  {
    ...{ name: "base64", license: "BSD-2-Clause" },
    source: "https://github.com/aklomp/base64",
  },
  {
    ...{ name: "Brotli", license: "MIT", mark: "BROTLI_DECODER_ERROR_FORMAT_DICTIONARY" },
    source: "https://github.com/google/brotli",
  },
  {
    ...{ name: "Highway", license: "Apache-2.0 OR BSD-3-Clause" },
    source: "https://github.com/google/highway",
  },
  {
    ...{ name: "libjpeg-turbo", license: "IJG AND BSD-3-Clause AND Zlib" },
    ...{ mark: "The libjpeg-turbo Project" },
    source: "https://github.com/libjpeg-turbo/libjpeg-turbo",
  },
  {
    ...{ name: "libspng", license: "BSD-2-Clause", mark: "libspng" },
    source: "https://github.com/randy408/libspng",
  },
  {
    ...{ name: "libwebp", license: "BSD-3-Clause", mark: "null VP8Io passed to VP8GetHeaders()" },
    source: "https://github.com/webmproject/libwebp",
  },
  {
    ...{ name: "ls-qpack", license: "MIT", mark: "Error interpreting QPACK decoder stream" },
    source: "https://github.com/litespeedtech/ls-qpack",
  },
  {
    ...{ name: "lsquic", license: "MIT AND BSD-3-Clause", mark: "lsquic_stream_get_hset" },
    source: "https://github.com/litespeedtech/lsquic",
  },
  {
    ...{ name: "simdutf", license: "Apache-2.0 OR MIT" },
    source: "https://github.com/simdutf/simdutf",
  },
  {
    ...{ name: "uucode", license: "MIT" },
    source: "https://github.com/jacobsandlund/uucode",
  },
];

/** Interfaces that Bun is compatible with, languages that it is written in, and its own number. */
const NO_LIBRARIES: readonly string[] = [
  ...["bun", "modules", "napi", "node", "openssl", "typescript", "unicode", "uv", "v8", "zig"],
];

/**
 * The libraries in the running Bun, sorted by name.
 * @throws RangeError for one that is not known here: its licence has to be looked up
 */
export function bunParts(versions: Readonly<Record<string, string | undefined>>): BunPart[] {
  const keys = Object.keys(versions).filter((key) => !NO_LIBRARIES.includes(key));
  const told = keys.map((key): BunPart => {
    const [name, license, source] = LIBRARIES[key] ?? [];
    if (name === undefined || license === undefined || source === undefined) {
      throw new RangeError(`Bun has a part that no licence is known of: ${key}`);
    }
    return { name, version: versions[key] ?? "", license, source };
  });
  const untold = UNTOLD.map(({ name, license, source }): BunPart => {
    return { name, version: `as in Bun ${versions["bun"] ?? ""}`, license, source };
  });
  return [...told, ...untold].sort((one, other) => {
    return one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1;
  });
}
