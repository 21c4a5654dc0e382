import * as v from "valibot";
import { type Context, decode } from "../../../plugin/index.ts";
import { lockFileOf } from "../../../state/files/index.ts";
import type { Removable, Scene } from "../../../state/index.ts";
import { stateDirectory } from "../../../state/owner/index.ts";

/** Says of a bridge that it goes when no port uses it. */
export const REMOVABLE_ALIAS = "hawser: removed when unused";

/**
 * A bridge that a plugin has made for its containers alone, and the links of its VLANs' gateways,
 * go when no other port is left and the configuration says `removeUnused`.
 */
export const unusedBridge: Removable = {
  name: "unused bridge",
  undo: (scene) => async () => await removeUnused(scene),
  collect: async (scene) => await removeUnused(scene),
};

/** Keeps others from removing an unused bridge while a port of it is made. */
export async function lockBridges(ctx: Context): Promise<Disposable | undefined> {
  const path = `${stateDirectory(ctx.env)}/locks/bridges`;
  return await lockFileOf(ctx, { path, details: "another plugin is making or removing a bridge" });
}

const lenient = v.object({
  bridge: v.fallback(v.optional(v.string(), "cni0"), ""),
  removeUnused: v.fallback(v.optional(v.boolean(), false), false),
});

/** What DEL and GC need of the configuration. The rest may be broken by then. */
export function removableBridge({ config }: Context): string | undefined {
  const { bridge, removeUnused } = decode(lenient, config);
  return removeUnused ? bridge : undefined;
}

async function removeUnused({ ctx, namespaces }: Scene): Promise<void> {
  const name = removableBridge(ctx);
  if (name === undefined) return;
  using lock = await lockBridges(ctx);
  // Without the lock another call may be making a port just now: the bridge stays.
  if (lock === undefined) return;
  const { hostLinks } = namespaces;
  hostLinks.forget();
  const bridge = hostLinks.get({ name });
  if (bridge?.kind !== "bridge" || bridge.alias !== REMOVABLE_ALIAS) return;
  const ports = new Set(hostLinks.list({ master: bridge.index }).map(({ index }) => index));
  const gateways = hostLinks
    .list({ kind: "veth" })
    .filter(({ name: each, linkIndex }) => each.includes(".") && ports.has(linkIndex ?? 0));
  if (ports.size > gateways.length) return;
  await namespaces.deleteLinks([...gateways, bridge].map(({ index }) => index));
}
