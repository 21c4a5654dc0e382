import * as v from "valibot";
import { type Context, decode } from "../../plugin/index.ts";
import type { Step } from "../../state/index.ts";
import { IpamStep, ipamDelegate, speaksOverLink } from "../../state/ipam/index.ts";
import { masqueradeRemoval } from "../../state/masquerade/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { attachmentOf } from "../../state/owner/index.ts";
import { VethRemoval } from "../../state/veth/index.ts";
import { BridgePortStep, UnusedBridgeStep } from "./kind/index.ts";
import { MacspoofStep } from "./kind/macspoof/index.ts";

const lenient = v.object({
  bridge: v.fallback(v.optional(v.string(), "cni0"), ""),
  removeUnused: v.fallback(v.optional(v.boolean(), false), false),
});

/**
 * What DEL undoes, from identity alone: everything that any configuration could have made, since
 * the configuration may have changed in the meantime. The last is undone first.
 */
export function removalSteps(ctx: Context, namespaces: Namespaces, ipamType: string): Step[] {
  const owner = attachmentOf(ctx);
  const pair = new VethRemoval(namespaces, owner);
  const ipam = ipamType !== "" && new IpamStep(ipamType, ipamDelegate(ctx), () => undefined);
  const port = new BridgePortStep({
    namespaces,
    bridge: "",
    hairpin: false,
    isolated: false,
    port: unknownPort,
    indexes: unknownPort,
    ownPorts: () => pair.hostLinks(),
  });
  const steps: (Step | false)[] = [
    ...unusedBridge(ctx, namespaces),
    pair.gone,
    !speaksOverLink(ipamType) && ipam,
    new MacspoofStep({ namespaces, owner, port: unknownPort }),
    masqueradeRemoval(ctx, namespaces),
    pair.asked,
    port,
    speaksOverLink(ipamType) && ipam,
  ];
  return steps.filter((step) => step !== false);
}

/** The bridge of the configuration, where it is to be removed with its last port. */
export function unusedBridge(ctx: Context, namespaces: Namespaces): Step[] {
  const { bridge, removeUnused } = decode(lenient, ctx.config);
  return removeUnused ? [new UnusedBridgeStep(namespaces, bridge)] : [];
}

function unknownPort(): never {
  throw new Error("DEL does not ask for the port: it finds it by its name");
}
