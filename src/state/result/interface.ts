import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import { atLeast, type Interface } from "../../spec/index.ts";

/** The version of the specification that gave interfaces an `mtu`. */
export const MTU_SINCE: string = "1.1.0";

/** How a link of the host stands in a result. */
export function hostInterface(ctx: Context, of: link.Link): Interface {
  const mtu = atLeast(ctx.cniVersion, MTU_SINCE) ? { mtu: of.mtu } : {};
  return { name: of.name, mac: of.address ?? "", ...mtu };
}

/** How a link of the container stands in a result. */
export function containerInterface(ctx: Context, of: link.Link): Interface {
  return { ...hostInterface(ctx, of), sandbox: ctx.netns };
}
