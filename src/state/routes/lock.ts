import type { Context } from "../../plugin/index.ts";
import { lockFile } from "../files/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { stateDirectory } from "../owner/index.ts";

/**
 * Keeps others from changing the routing of the container, so that two plugins that pick routing
 * tables there do not pick the same. Where the namespace is gone there is nothing to lock.
 */
export async function lockRouting(
  { netns }: Namespaces,
  { env, signal }: Pick<Context, "env" | "signal">,
): Promise<Disposable | undefined> {
  if (netns === undefined) return undefined;
  const path = `${stateDirectory(env)}/locks/routing-${netns.dev}-${netns.ino}`;
  const details = "another plugin is changing the routing of this namespace";
  return await lockFile({ path, details }, signal);
}
