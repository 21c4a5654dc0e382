import * as v from "valibot";
import { type Context, type Delegate, decode } from "../../plugin/index.ts";
import { ipamSchema } from "../config/index.ts";

const lenient = v.object({
  ipam: v.fallback(v.optional(ipamSchema, { type: "" }), { type: "" }),
});

/** The part of a delegation that IPAM takes. */
export type IpamDelegate = Pick<
  Delegate,
  "find" | "add" | "del" | "check" | "status" | "plan" | "with"
>;

/**
 * The type of the IPAM plugin, "" for none: all of the configuration that DEL and GC need. The rest
 * may be broken by then.
 */
export function ipamTypeOf(ctx: Context): string {
  return decode(lenient, ctx.config).ipam.type;
}

/**
 * The delegation to IPAM of a plugin that reads CNI_ARGS. IPAM plugins are given the same CNI_ARGS
 * and refuse arguments that they do not know; `MAC` is the calling plugin's own, so where it is
 * there, `IgnoreUnknown` lets IPAM overlook it.
 */
export function ipamDelegate(ctx: Context): IpamDelegate {
  const names = ctx.args.map(([name]) => name);
  if (!names.includes("MAC") || names.includes("IgnoreUnknown")) return ctx.delegate;
  return ctx.delegate.with({ env: { CNI_ARGS: `IgnoreUnknown=1;${ctx.rawArgs}` } });
}
