import type { Plugin } from "../../plugin/index.ts";
import { invalidConfig, versionsFrom } from "../../spec/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { parseConfig } from "./config.ts";
import { firewall } from "./kind/firewall.ts";
import { isFirewalldRunning } from "./kind/firewalld.ts";
import { addressesOf, bridgeOf } from "./kind/part.ts";

export { schema } from "./config.ts";

/** Lets containers through the host's firewall. See README.md. */
export const plugin: Plugin = statePlugin({
  name: "firewall",
  versions: versionsFrom("0.4.0"),
  chained: true,
  hostOnly: true,
  config: parseConfig,
  kinds: [firewall],

  async want(scene) {
    const { config, ctx } = scene;
    const { backend: named, ingressPolicy } = config;
    const { prevResult, env } = ctx;
    const bridge = bridgeOf(prevResult);
    const addresses = addressesOf(prevResult);
    if (prevResult !== undefined && ingressPolicy !== "open" && bridge === undefined) {
      throw invalidConfig(
        `interface needs to be set for ingress policy ${JSON.stringify(ingressPolicy)}`,
        "the previous result names no bridge of the host",
      );
    }
    if (prevResult !== undefined && addresses.length === 0) return { pieces: [] };
    const unnamed = named === undefined && (await isFirewalldRunning(env)) ? "firewalld" : "own";
    const backend = named ?? unnamed;
    return { pieces: [firewall.want(scene, { ...config, backend, addresses, bridge })] };
  },
});
