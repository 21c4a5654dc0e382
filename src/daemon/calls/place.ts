import { isAbsolute } from "node:path";
import { STATE_DIR_VARIABLE } from "../../steps/owner/index.ts";
import type { Request } from "../protocol/index.ts";

/** Keys of plugins that name files of the host. */
const PATH_KEYS: readonly string[] = ["dataDir", "resolvConf", "daemonSocketPath"];

/**
 * Whether a call names files by where its caller stands. The daemon stands elsewhere, and a process
 * has one current directory: such a call is for a process of its own.
 */
export function needsOwnPlace({ env, stdin }: Request): boolean {
  const stateDir = env[STATE_DIR_VARIABLE] ?? "";
  if (stateDir !== "" && !isAbsolute(stateDir)) return true;
  const config = objectOf(stdin);
  return config !== undefined && (hasRelative(config) || hasRelative(config["ipam"]));
}

function hasRelative(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, path]) => {
    return PATH_KEYS.includes(key) && typeof path === "string" && path !== "" && !isAbsolute(path);
  });
}

function objectOf(stdin: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(stdin));
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // the plugin will tell
  }
}
