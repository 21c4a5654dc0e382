import { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";

/**
 * The link that an earlier plugin of the chain has made for this one, "" for none: the previous
 * result lists it alone, in the namespace in which masters are looked for. Everything else leaves
 * the default route to decide, as it is for Go's plugin always. Only ADD can tell: CHECK is given
 * the result of the whole chain.
 */
export function chainedParent(ctx: Context, namespaces: Namespaces, inContainer: boolean): string {
  const [only, ...others] = ctx.prevResult?.interfaces ?? [];
  if (ctx.operation !== "ADD" || only === undefined || others.length > 0) return "";
  if (((only.sandbox ?? "") !== "") !== inContainer || only.name === "") return "";
  if (inContainer && namespaces.netns === undefined) return "";
  const found = link.get(inContainer ? namespaces.container : namespaces.host, { name: only.name });
  return found === undefined || found.hardwareType === link.ARPHRD_LOOPBACK ? "" : only.name;
}
