import type { Plugin } from "../../plugin/index.ts";
import { lockRouting } from "../../state/routes/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { parseConfig } from "./config.ts";
import { sourceRouting } from "./kind/source-routing.ts";

export { schema } from "./config.ts";

/** Packets leave by the interface whose address they bear. See README.md. */
export const plugin: Plugin = statePlugin({
  name: "sbr",
  chained: true,
  config: parseConfig,
  kinds: [sourceRouting],
  want: (scene) => ({ pieces: [sourceRouting.want(scene, scene.config)] }),
  lock: ({ namespaces, ctx }) => lockRouting(namespaces, ctx),
});
