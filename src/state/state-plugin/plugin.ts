import type { Plugin } from "../../plugin/index.ts";
import type { Kind } from "../kind.ts";
import { Namespaces } from "../namespaces/index.ts";
import { isNetnsOfAdd, netnsRecord } from "../netns-record/index.ts";
import { type Opened, type OpenScene, pluginOf, type StatePlugin } from "../operations.ts";
import { attachmentOf } from "../owner/index.ts";
import type { Scene } from "../scene.ts";

/** A plugin of kinds that are reached over sockets, in the host's and the container's namespace. */
export interface NetworkPlugin<Config> extends StatePlugin<Config, Scene> {
  /** The plugin never enters the container's namespace. */
  readonly hostOnly?: boolean;
}

/**
 * Makes the plugin: its six operations and its plan follow from its kinds.
 *
 * @example
 * ```ts
 * import { tryPlugin } from "hawser/plugin";
 * import { kindOf, statePlugin } from "hawser/state";
 *
 * const nothing = kindOf({ name: "nothing", describe: () => "makes nothing" });
 * const plugin = statePlugin({
 *   name: "nothing",
 *   hostOnly: true,
 *   config: () => ({}),
 *   kinds: [nothing],
 *   want: (scene) => ({ pieces: [nothing.want(scene)] }),
 * });
 * const config = { cniVersion: "1.1.0", name: "dbnet", type: "nothing" };
 * (await tryPlugin(plugin, { operation: "DEL", config })).exitCode; // → 0
 * ```
 */
export function statePlugin<Config>(parts: NetworkPlugin<Config>): Plugin {
  const hostOnly = parts.hostOnly === true;
  const first: readonly Kind[] = hostOnly ? [] : [netnsRecord(parts)];
  return pluginOf(parts, first, opener(hostOnly));
}

function opener(hostOnly: boolean): OpenScene<Scene> {
  return (ctx, purpose): Opened<Scene> => {
    const owner = attachmentOf(ctx);
    const open = (): Namespaces => {
      const isOfAttachment = !["GC", "STATUS", "VERSION", "PLAN"].includes(purpose);
      if (hostOnly || !isOfAttachment) return Namespaces.hostOnly(ctx);
      if (purpose !== "DEL") return Namespaces.of(ctx);
      return Namespaces.ofDel(ctx, (netns) => isNetnsOfAdd(ctx, owner, netns));
    };
    const namespaces = open();
    if (ctx.looksOnly === true) namespaces.lookOnly();
    else if (purpose === "CHECK" || purpose === "DEL") namespaces.keepView();
    const scene = { ctx, owner, namespaces };
    return {
      scene,
      async doubt() {
        // A repair alone asks, and the proof needs the code of veth pairs.
        const { doubtOfNetns, doubtOfPath } = await import("./doubt.ts");
        return hostOnly ? doubtOfPath(ctx, owner) : doubtOfNetns(scene);
      },
      [Symbol.dispose]: () => namespaces[Symbol.dispose](),
    };
  };
}
