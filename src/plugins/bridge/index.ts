import type { Plugin } from "../../plugin/index.ts";
import { inReleaseOrder, ipam } from "../../state/ipam/index.ts";
import { masquerade } from "../../state/masquerade/index.ts";
import { autoconfigured } from "../../state/slaac/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { vethPair } from "../../state/veth/index.ts";
import { BridgeAttachment } from "./attachment.ts";
import { type BridgeConfig, parseConfig } from "./config.ts";
import { sourceCheck } from "./kind/macspoof/kind.ts";
import { bridgePort } from "./kind/port.ts";
import { staticNeighbours } from "./kind/static-neighbours.ts";
import { lockBridges, unusedBridge } from "./kind/unused.ts";

export { schema } from "./config.ts";

/** Joins a container to a bridge of the host, as its gateway if wanted. See README.md. */
export const plugin: Plugin = statePlugin<BridgeConfig>({
  name: "bridge",
  config: parseConfig,
  kinds: inReleaseOrder([
    unusedBridge,
    ipam,
    staticNeighbours,
    sourceCheck,
    masquerade,
    vethPair,
    bridgePort,
    autoconfigured,
  ]),
  want: (scene) => new BridgeAttachment(scene).wanted(),
  // A bridge that may be removed must not be while a port of it is made.
  async lock({ ctx }, config) {
    return config?.removeUnused === true ? await lockBridges(ctx) : undefined;
  },
});
