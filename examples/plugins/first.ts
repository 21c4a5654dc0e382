/** The smallest useful plugin: suggests name servers to the container. */
import { decode, definePlugin, main, type Plugin, requirePrevResult } from "hawser/plugin";
import * as v from "valibot";

const Config = v.object({ nameservers: v.array(v.string()) });

export const plugin: Plugin = definePlugin({
  name: "first",
  version: "1.0.0",
  add(ctx) {
    const { nameservers } = decode(Config, ctx.config);
    const result = requirePrevResult(ctx);
    return { ...result, dns: { ...result.dns, nameservers } };
  },
  del() {
    // ADD left nothing behind.
  },
});

await main(plugin, import.meta);
