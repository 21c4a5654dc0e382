import { lockNetns } from "../files/index.ts";
import type { Namespaces } from "../namespaces/index.ts";

/**
 * Keeps others from changing the routing of the container, so that two plugins that pick routing
 * tables there do not pick the same. Where the namespace is gone there is nothing to lock.
 */
export async function lockRouting(
  { netns }: Namespaces,
  signal?: AbortSignal,
): Promise<Disposable | undefined> {
  if (netns === undefined) return undefined;
  return await lockNetns(netns, "another plugin is changing the routing of this namespace", signal);
}
