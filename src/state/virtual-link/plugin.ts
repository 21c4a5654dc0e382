import type { Context, Plugin } from "../../plugin/index.ts";
import { ipam } from "../ipam/index.ts";
import { type LinkConfig, linkPlugin } from "../link-plugin/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { autoconfigured } from "../slaac/index.ts";
import type { WantedLink } from "./check.ts";
import type { VirtualLinkKind } from "./kernel-kind.ts";
import { virtualLink } from "./kind.ts";

/** What the configuration says of a link that is made in the container. */
export interface VirtualLinkConfig extends LinkConfig {
  readonly link: WantedLink;
}

/** A plugin that makes a link of one kind; it bears the kind's name. */
export interface VirtualLinkPlugin {
  readonly kind: VirtualLinkKind;
  readonly config: (ctx: Context, namespaces: Namespaces) => VirtualLinkConfig;
}

/** Makes the plugin. */
export function virtualLinkPlugin({ kind, config }: VirtualLinkPlugin): Plugin {
  const made = virtualLink(kind);
  return linkPlugin<VirtualLinkConfig>({
    name: kind,
    config,
    kinds: [made, ipam, autoconfigured],
    link: (scene) => made.want(scene, scene.config.link),
  });
}
