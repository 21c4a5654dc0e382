import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";

/** The file with the sums of the others. */
export const SUMS = "SHA256SUMS";

/** A file of a release. */
export interface ReleaseFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** The digest of a file, hexadecimal. */
export function sha256Of(path: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
}

export function releaseFile(path: string): ReleaseFile {
  return { name: basename(path), size: statSync(path).size, sha256: sha256Of(path) };
}

/** The list that `sha256sum --check` reads. */
export function sumsText(files: readonly ReleaseFile[]): string {
  const lines = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  return lines.sort((one, other) => (one.slice(66) < other.slice(66) ? -1 : 1)).join("");
}

/** The names in such a list. */
export function listedNames(sums: string): string[] {
  return [...sums.matchAll(/^[0-9a-f]{64} [ *](.+)$/gmu)].map(([, name = ""]) => name);
}
