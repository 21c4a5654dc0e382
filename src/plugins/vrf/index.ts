import type { Plugin } from "../../plugin/index.ts";
import { SPEC_VERSIONS } from "../../spec/index.ts";
import { lockRouting } from "../../state/routes/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { parseConfig } from "./config.ts";
import { vrfLink } from "./kind/vrf-link.ts";
import { vrfMember } from "./kind/vrf-member.ts";

export { schema } from "./config.ts";

/** The first version that knows more than one interface. */
const SINCE = SPEC_VERSIONS.indexOf("0.3.1");

/**
 * Puts an interface into a VRF of the container. See README.md. Nothing of it outlives the
 * container's namespace.
 */
export const plugin: Plugin = statePlugin({
  name: "vrf",
  versions: SPEC_VERSIONS.slice(SINCE),
  chained: true,
  config: parseConfig,
  kinds: [vrfLink, vrfMember],
  want(scene) {
    const vrf = vrfLink.want(scene, scene.config);
    return { pieces: [vrf, vrfMember.want(scene, vrf)] };
  },
  lock: ({ namespaces, ctx }) => lockRouting(namespaces, ctx),
});
