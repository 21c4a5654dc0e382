import { createRequire } from "node:module";

// Loading `node:crypto` costs the start of a process under Bun milliseconds: other things serve there.
type Sha256 = (text: string) => string;

interface BunGlobal {
  readonly CryptoHasher: { hash(algorithm: "sha256", text: string, encoding: "hex"): string };
}

const { Bun: bun } = globalThis as { readonly Bun?: BunGlobal };
let hasher: Sha256 | undefined;

/** SHA-256 of a text, in hexadecimal digits. */
export function sha256(text: string): string {
  hasher ??= bun === undefined ? ofNode() : (each) => bun.CryptoHasher.hash("sha256", each, "hex");
  return hasher(text);
}

function ofNode(): Sha256 {
  // Any path will do for a module of the runtime; a CommonJS bundle has no import.meta.url.
  const load = createRequire("/");
  const { createHash } = load("node:crypto") as typeof import("node:crypto");
  return (text) => createHash("sha256").update(text).digest("hex");
}

/** So many random bytes, in hexadecimal digits. */
export function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
}
