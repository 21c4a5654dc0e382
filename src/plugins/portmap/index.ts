import type { Plugin } from "../../plugin/index.ts";
import type { ConfiguredScene, Piece } from "../../state/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { type PortmapConfig, parseConfig } from "./config.ts";
import { localnet } from "./kind/localnet.ts";
import { refuseLost } from "./kind/lost.ts";
import { containerAddresses } from "./kind/mapping.ts";
import { portMappings } from "./kind/port-mappings.ts";

export { schema } from "./config.ts";
export { type FoundPort, foundPorts } from "./kind/found.ts";
export {
  at,
  mappedAddresses,
  type PortMapping,
  PROTOCOLS,
  type Target,
  targetsOf,
} from "./kind/mapping.ts";
export { type NotedPorts, notedPorts } from "./look.ts";

/** Leads ports of the host to the container. See README.md. */
export const plugin: Plugin = statePlugin({
  name: "portmap",
  chained: true,
  hostOnly: true,
  config: parseConfig,
  kinds: [portMappings, localnet],
  want: (scene) => ({ pieces: piecesOf(scene) }),
});

function piecesOf(scene: ConfiguredScene<PortmapConfig>): Piece[] {
  const { ctx, config } = scene;
  const { mappings } = config;
  if (ctx.operation === "STATUS") return [portMappings.want(scene, { config, mappings })];
  if (mappings.length === 0) return [];
  // Only `plan` has no result yet: it tells of each mapping by itself.
  if (ctx.prevResult === undefined) {
    return mappings.map((mapping) => portMappings.want(scene, { config, mappings: [mapping] }));
  }
  const addresses = containerAddresses(ctx.prevResult, ctx.ifName);
  if (ctx.operation === "ADD") refuseLost(ctx, mappings, addresses);
  const ports = portMappings.want(scene, { config, mappings, addresses });
  const local = addresses.find(({ ip }) => ip.family === 4);
  const isMapped = mappings.some(({ hostIp }) => hostIp?.family !== 6);
  if (!config.snat || local === undefined || !isMapped) return [ports];
  // The switch comes last: taking it back could cut off others that rely on it by then.
  return [ports, localnet.want(scene, local.ip)];
}
