import type { Plugin } from "../../plugin/index.ts";
import { ipam } from "../../state/ipam/index.ts";
import { linkPlugin } from "../../state/link-plugin/index.ts";
import { parseConfig, type TapConfig } from "./config.ts";
import { tap } from "./kind/index.ts";

export { schema } from "./config.ts";

/** A tap in the container, for a virtual machine there. See manual.md. */
export const plugin: Plugin = linkPlugin<TapConfig>({
  name: "tap",
  config: parseConfig,
  kinds: [tap, ipam],
  link: (scene) => tap.want(scene, scene.config),
});
