import { isAbsolute, resolve } from "node:path";
import { findNetns, isOwnPath, leadsTo, type NetnsIdentity } from "../../kernel/netns/index.ts";
import type { NamespacesCall } from "./namespaces.ts";

/** How each process names itself. */
const SELF = /^\/proc\/(?:self|thread-self)(?=\/)/u;

/**
 * A path of the container's namespace to be written down: another process reaches the namespace by
 * it, too, after the call. The caller's own where that is one; otherwise a mount of the namespace
 * or a process in it. Where only descriptors keep the namespace it lasts no longer than the call.
 *
 * @param identity Of the namespace, which lives.
 */
export function lastingPath(
  { netns, daemonServices }: NamespacesCall,
  identity: NetnsIdentity,
): string {
  const isOfDaemon = daemonServices?.netnsPath !== undefined;
  // Only a process of its own stands where the caller stands.
  const named = isOfDaemon ? netns : resolve(netns);
  if (isAbsolute(named) && !isOwnPath(named) && leadsTo(named, identity)) return named;
  return (
    findNetns(identity) ?? daemonServices?.netnsPath ?? named.replace(SELF, `/proc/${process.pid}`)
  );
}
