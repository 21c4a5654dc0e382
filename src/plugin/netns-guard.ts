/** A plugin must not take the host's own network namespace for a container's. */
import { statSync } from "node:fs";
import type { PluginIo } from "../invoke/index.ts";
import { CniError, ENV, ErrorCode } from "../spec/index.ts";

/** Variables of a call, and where this process finds the container's namespace. */
type NetnsCall = Pick<PluginIo, "env" | "daemonServices">;

/**
 * Fails with code 8 when CNI_NETNS is the namespace in which the plugin itself runs. To be called
 * before anything is touched. A path that cannot be opened is the plugin's business, not an error
 * here. Does nothing where network namespaces do not exist.
 */
export function refuseHostNetns(call: NetnsCall): void {
  if (!isHostNetns(call)) return;
  throw new CniError(
    ErrorCode.INVALID_NETNS,
    "plugin's netns and netns from CNI_NETNS should not be the same",
    { details: `CNI_NETNS is "${call.env[ENV.NETNS]}"; CNI_NETNS_OVERRIDE=1 allows it` },
  );
}

/**
 * For DEL: a path that leads to the host's own namespace by now leads nowhere, since no ADD could
 * have worked there. Process IDs are used again, and a runtime that repeats a DEL must get it done:
 * what is on the host and in IPAM goes, and nothing inside is touched, by no delegate either.
 */
export function withoutHostNetns(io: PluginIo): PluginIo {
  if (!isHostNetns(io)) return io;
  io.stderr(
    `CNI_NETNS ${io.env[ENV.NETNS]} is the host's namespace by now: DEL goes on without one\n`,
  );
  const { daemonServices, env, ...rest } = io;
  const { netnsPath: _, ...services } = daemonServices ?? {};
  return {
    ...rest,
    env: { ...env, [ENV.NETNS]: "" },
    ...(daemonServices && { daemonServices: services }),
  };
}

function isHostNetns({ env, daemonServices }: NetnsCall): boolean {
  const netns = env[ENV.NETNS] ?? "";
  if (netns === "" || process.platform !== "linux") return false;
  const theirs = identity(daemonServices?.netnsPath ?? netns);
  if (theirs === undefined) return false;
  const own = identity("/proc/self/ns/net");
  if (own === undefined) throw new CniError(ErrorCode.INVALID_NETNS, "get plugin's netns failed");
  return own === theirs;
}

function identity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
