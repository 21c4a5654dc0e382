import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome } from "./outcome.ts";

/** The temporary files of tests: each run has a directory for them, which goes with it, however it ends. */

/** Short, since the path of a socket has 107 bytes at the most, and podman's directories even fewer. */
const PREFIX = "t-";

/** As /tmp: tests start programs as other users. */
const MODE = 0o1777;

/** Where tests find the directory: in the environment, by the name that programs know. */
export const TEMPORARY_VARIABLE = "TMPDIR";

/** A directory for the temporary files of one run of tests. */
export async function inTemporary<T>(use: (path: string) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), PREFIX));
  chmodSync(path, MODE);
  try {
    return await use(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** A failure for what a run that has come to its end leaves in its directory. */
export function leftBehind(file: string, path: string): Outcome[] {
  const left = readdirSync(path).sort();
  if (left.length === 0) return [];
  return [{ file, name: `leaves temporary files: ${left.join(", ")}`, status: "failed" }];
}
