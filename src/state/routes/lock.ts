import type { Context } from "../../plugin/index.ts";
import { lockFileOf } from "../files/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { stateDirectory } from "../owner/index.ts";

/**
 * Keeps others from changing the routing of the container, so that two plugins that pick routing
 * tables there do not pick the same. Where the namespace is gone there is nothing to lock.
 */
export async function lockRouting(
  { netns }: Namespaces,
  ctx: Context,
): Promise<Disposable | undefined> {
  if (netns === undefined) return undefined;
  const path = `${stateDirectory(ctx.env)}/locks/routing-${netns.dev}-${netns.ino}`;
  const details = "another plugin is changing the routing of this namespace";
  return await lockFileOf(ctx, { path, details });
}
