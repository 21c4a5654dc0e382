import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../test/files.ts";
import { parsed } from "./call.ts";

/**
 * Which check has found a fault in the last run on this machine. That one is tried first, and the whole
 * suite where it finds nothing any more: the verdict is the same, and is there in a second.
 */

const FILE = join(ROOT, ".cache/mutants-found.json");

/** The check that found a fault last; undefined for one that has not been found yet. */
export function lastFoundBy(name: string): string | undefined {
  const check = all()[name];
  return typeof check === "string" ? check : undefined;
}

/** Keeps the check for the next run. */
export function keepFoundBy(name: string, check: string): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify({ ...all(), [name]: check }, undefined, 2));
}

function all(): Record<string, unknown> {
  try {
    return parsed(readFileSync(FILE, "utf8")) ?? {};
  } catch {
    return {};
  }
}
