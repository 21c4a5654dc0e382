/**
 * Hexadecimal digest of a text. The runtime's own hasher, because loading `node:crypto` would cost
 * every plugin process some milliseconds.
 */
export function hexDigest(algorithm: "sha256" | "sha512", text: string): string {
  return Bun.CryptoHasher.hash(algorithm, text, "hex");
}
