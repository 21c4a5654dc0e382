import type { Context } from "../../plugin/index.ts";
import { doAll, undoSteps } from "../../state/index.ts";
import { ipamTypeOf } from "../../state/ipam/index.ts";
import { collectMasquerade } from "../../state/masquerade/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { collectVeths } from "../../state/veth/index.ts";
import { collectMacspoof } from "./kind/macspoof/index.ts";
import { unusedBridge } from "./remove.ts";

/**
 * Removes what belongs to attachments of the network that are not valid any more. Goes on past
 * errors and reports them all at the end.
 */
export async function collect(ctx: Context, namespaces: Namespaces): Promise<void> {
  const valid = ctx.validAttachments ?? [];
  const ipamType = ipamTypeOf(ctx);
  await doAll([
    () => collectMasquerade(namespaces, ctx.network, valid, ctx.env),
    () => collectMacspoof(namespaces, ctx.network, valid),
    () => collectVeths(namespaces, ctx.network, valid),
    () => undoSteps(unusedBridge(ctx, namespaces)),
    ...(ipamType === "" ? [] : [() => ctx.delegate.gc(ipamType)]),
  ]);
}
