import { type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { versionsFrom } from "../../spec/index.ts";
import type { Piece } from "../../state/index.ts";
import { hostInterface } from "../../state/result/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { parseConfig } from "./config.ts";
import { hostEnd } from "./kind/host-end.ts";
import { ifbDevice } from "./kind/ifb.ts";
import { limit } from "./kind/limit.ts";
import { redirection } from "./kind/redirection.ts";
import { kernelSupport } from "./kind/support.ts";

export { schema } from "./config.ts";

/** Limits what goes to a container and what comes from it. See README.md. */
export const plugin: Plugin = statePlugin({
  name: "bandwidth",
  versions: versionsFrom("0.3.0"),
  chained: true,
  config: parseConfig,
  // DEL goes from the back: the device, which proves whose a host's end is, goes last.
  kinds: [ifbDevice, redirection, limit],

  want(scene) {
    const { ctx, config, namespaces } = scene;
    const { ingress, egress } = config;
    // Most limits are the runtime's, which STATUS does not know.
    if (ctx.operation === "STATUS") return { pieces: [kernelSupport(namespaces)] };
    const host = hostEnd(scene);
    const pieces: Piece[] = [];
    if (ingress !== undefined) {
      pieces.push(limit.want(scene, { direction: "to the container", limit: ingress, host }));
    }
    if (egress === undefined) return { pieces };
    const device = ifbDevice.want(scene, host);
    pieces.push(
      device,
      limit.want(scene, { direction: "from the container", limit: egress, host, device }),
      redirection.want(scene, { host, device }),
    );
    return {
      pieces,
      result: () => {
        const previous = requirePrevResult(ctx);
        const interfaces = [...previous.interfaces, hostInterface(ctx, device.link())];
        return { ...previous, interfaces };
      },
    };
  },
});
