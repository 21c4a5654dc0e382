/**
 * A chained plugin: suggests to the container a domain in which short names are looked up.
 *
 *     {"type": "{{name}}", "domain": "web.internal"}
 */
import { decode, definePlugin, type Plugin, requirePrevResult } from "hawser/plugin";
import * as v from "valibot";

const Domain = v.pipe(
  v.string(),
  v.maxLength(253, "expected a domain of at most 253 letters"),
  v.regex(/^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/iu, "expected a domain"),
);

/** The plugin's own keys. A wrong value is answered with code 7, and is named. */
const Config = v.object({ domain: Domain });

export const plugin: Plugin = definePlugin({
  name: "{{name}}",
  version: "0.1.0",

  /** What it answers is the whole result: nothing else passes on what the plugins before it made. */
  add(ctx) {
    const { domain } = decode(Config, ctx.config);
    const result = requirePrevResult(ctx);
    const others = (result.dns.search ?? []).filter((each) => each !== domain);
    return { ...result, dns: { ...result.dns, domain, search: [domain, ...others] } };
  },

  /** ADD changed nothing but the result, so nothing is taken back. */
  del() {},

  /** What `hawser plan` shows, a line a step; it refuses what ADD would refuse, and touches nothing. */
  plan(ctx) {
    return [`dns: names are looked up in ${decode(Config, ctx.config).domain} first`];
  },
});
