import type { Plugin } from "../../plugin/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { LOOPBACK, parseExpected } from "./config.ts";
import { loopbackIps, loopbackUp } from "./kind/loopback-up.ts";

export { schema } from "./config.ts";

/**
 * Brings the container's loopback interface up. It reads no keys. Nothing of it outlives the
 * container's namespace, and STATUS is well wherever it is asked.
 */
export const plugin: Plugin = statePlugin({
  name: "loopback",
  chained: "optional",
  config: parseExpected,
  kinds: [loopbackUp],
  want(scene) {
    const { ctx, config, namespaces } = scene;
    const own = { name: LOOPBACK, mac: "00:00:00:00:00:00", sandbox: ctx.netns };
    return {
      pieces: [loopbackUp.want(scene, config)],
      expected: () => ctx.prevResult ?? { interfaces: [own] },
      result: () => ctx.prevResult ?? { interfaces: [own], ips: loopbackIps(namespaces) },
    };
  },
});
