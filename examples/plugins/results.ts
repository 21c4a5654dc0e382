/**
 * Two chained plugins in one program, which is the one as whose name it is called: `searches` adds domains
 * that the container's resolver tries, `nodefault` leaves out the routes to everywhere.
 */
import { decode, definePlugin, main, type Plugin, requirePrevResult } from "hawser/plugin";
import * as v from "valibot";

const Searches = v.object({ searches: v.array(v.string()) });
const EVERYWHERE: readonly string[] = ["0.0.0.0/0", "::/0"];

const nothing = (): void => undefined;

export const searches: Plugin = definePlugin({
  name: "searches",
  version: "1.0.0",
  add(ctx) {
    const result = requirePrevResult(ctx);
    const search = [...(result.dns.search ?? []), ...decode(Searches, ctx.config).searches];
    return { ...result, dns: { ...result.dns, search } };
  },
  del: nothing,
});

export const nodefault: Plugin = definePlugin({
  name: "nodefault",
  version: "1.0.0",
  add(ctx) {
    const result = requirePrevResult(ctx);
    const routes = result.routes.filter(({ dst }) => !EVERYWHERE.includes(dst));
    return { ...result, routes };
  },
  del: nothing,
});

await main([searches, nodefault], import.meta);
