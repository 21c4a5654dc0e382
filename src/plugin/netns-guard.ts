/** A plugin must not take the host's own network namespace for a container's. */
import { statSync } from "node:fs";
import { CniError, ErrorCode } from "../spec/index.ts";

/**
 * Fails with code 8 when CNI_NETNS is the namespace in which the plugin itself runs. To be called
 * before anything is touched. A path that cannot be opened is the plugin's business, not an error
 * here. Does nothing where network namespaces do not exist.
 *
 * @param reachedBy Where this process finds the namespace, when it is not the caller's path.
 */
export function refuseHostNetns(netns: string, reachedBy: string = netns): void {
  if (netns === "" || process.platform !== "linux") return;
  const theirs = identity(reachedBy);
  if (theirs === undefined) return;
  const own = identity("/proc/self/ns/net");
  if (own === undefined) throw new CniError(ErrorCode.INVALID_NETNS, "get plugin's netns failed");
  if (own === theirs) {
    throw new CniError(
      ErrorCode.INVALID_NETNS,
      "plugin's netns and netns from CNI_NETNS should not be the same",
      { details: `CNI_NETNS is "${netns}"; CNI_NETNS_OVERRIDE=1 allows it` },
    );
  }
}

function identity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
