import { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import { doAll } from "../../steps/index.ts";
import { collectMacspoof } from "../../steps/macspoof/index.ts";
import { collectMasquerade } from "../../steps/masquerade/index.ts";
import { staleMarks } from "../../steps/owner/index.ts";
import type { Sides } from "../../steps/sides/index.ts";
import { deleteLink } from "../../steps/veth/index.ts";
import { ipamTypeOf } from "../common/index.ts";

/**
 * Removes what belongs to attachments of the network that are not valid any more. Goes on past
 * errors and reports them all at the end.
 */
export async function collect(ctx: Context, sides: Sides): Promise<void> {
  const valid = ctx.validAttachments ?? [];
  const ipamType = ipamTypeOf(ctx);
  await doAll([
    () => collectMasquerade(sides, ctx.network, valid, ctx.env),
    () => collectMacspoof(sides, ctx.network, valid),
    () => collectLinks(sides, staleMarks(ctx.network, valid)),
    ...(ipamType === "" ? [] : [() => ctx.delegate.gc(ipamType)]),
  ]);
}

function collectLinks(sides: Sides, isStale: (mark: string) => boolean): void {
  for (const { index, kind, alias } of link.list(sides.host)) {
    if (kind === "veth" && alias !== undefined && isStale(alias)) deleteLink(sides, index);
  }
}
