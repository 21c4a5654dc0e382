import type { Context } from "../../plugin/index.ts";
import { doAll, undoSteps } from "../../steps/index.ts";
import { collectMacspoof } from "../../steps/macspoof/index.ts";
import { collectMasquerade } from "../../steps/masquerade/index.ts";
import type { Sides } from "../../steps/sides/index.ts";
import { collectVeths } from "../../steps/veth/index.ts";
import { ipamTypeOf } from "../common/index.ts";
import { unusedBridge } from "./remove.ts";

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
    () => collectVeths(sides, ctx.network, valid),
    () => undoSteps(unusedBridge(ctx, sides)),
    ...(ipamType === "" ? [] : [() => ctx.delegate.gc(ipamType)]),
  ]);
}
