import * as v from "valibot";
import { DEFAULT_BRIDGE } from "../../../base/index.ts";
import type { link } from "../../../kernel/route/index.ts";
import { type Context, decode } from "../../../plugin/index.ts";
import { lockFileOf } from "../../../state/files/index.ts";
import { type Finding, type Removable, removed, type Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { stateDirectory } from "../../../state/owner/index.ts";
import { goingHostLinks } from "../../../state/veth/index.ts";

/** Says of a bridge that it goes when no port uses it. */
export const REMOVABLE_ALIAS = "hawser: removed when unused";

/**
 * A bridge that a plugin has made for its containers alone, and the links of its VLANs' gateways,
 * go when no other port is left and the configuration says `removeUnused`.
 */
export const unusedBridge: Removable = {
  name: "unused bridge",
  undo: (scene) => async () => await removeUnused(scene),
  found(scene) {
    const own = goingHostLinks(scene).map(({ index }) => index);
    const isOwn = ({ index }: link.Link): boolean => own.includes(index);
    return findingsOf(unusedLinks(scene.ctx, scene.namespaces, isOwn));
  },
  collect: async (scene) => await removeUnused(scene),
  stale: ({ ctx, namespaces }, { isStale }) =>
    findingsOf(unusedLinks(ctx, namespaces, ({ alias }) => alias !== undefined && isStale(alias))),
};

function findingsOf(links: readonly link.Link[]): Finding[] {
  return links.map(({ name, kind }) =>
    removed(`${kind} ${name} on the host, which has no port then`),
  );
}

/** Keeps others from removing an unused bridge while a port of it is made. */
export async function lockBridges(ctx: Context): Promise<Disposable | undefined> {
  const path = `${stateDirectory(ctx.env)}/locks/bridges`;
  return await lockFileOf(ctx, { path, details: "another plugin is making or removing a bridge" });
}

const lenient = v.object({
  bridge: v.fallback(v.optional(v.string(), DEFAULT_BRIDGE), ""),
  removeUnused: v.fallback(v.optional(v.boolean(), false), false),
});

/** What DEL and GC need of the configuration. The rest may be broken by then. */
export function removableBridge({ config }: Context): string | undefined {
  const { bridge, removeUnused } = decode(lenient, config);
  return removeUnused ? bridge : undefined;
}

async function removeUnused({ ctx, namespaces }: Scene): Promise<void> {
  if (removableBridge(ctx) === undefined) return;
  using lock = await lockBridges(ctx);
  // Without the lock another call may be making a port just now: the bridge stays.
  if (lock === undefined) return;
  namespaces.hostLinks.forget();
  const links = unusedLinks(ctx, namespaces, () => false);
  await namespaces.deleteLinks(links.map(({ index }) => index));
}

/**
 * The bridge and its VLANs' gateways, when no other port is left.
 * @param isGoing of a port: it goes before
 */
function unusedLinks(
  ctx: Context,
  { hostLinks }: Namespaces,
  isGoing: (port: link.Link) => boolean,
): link.Link[] {
  const name = removableBridge(ctx);
  const bridge = name === undefined ? undefined : hostLinks.get({ name });
  if (bridge?.kind !== "bridge" || bridge.alias !== REMOVABLE_ALIAS) return [];
  const staying = hostLinks.list({ master: bridge.index }).filter((port) => !isGoing(port));
  const ports = new Set(staying.map(({ index }) => index));
  const gateways = hostLinks
    .list({ kind: "veth" })
    .filter(({ name: each, linkIndex }) => each.includes(".") && ports.has(linkIndex ?? 0));
  return ports.size > gateways.length ? [] : [...gateways, bridge];
}
