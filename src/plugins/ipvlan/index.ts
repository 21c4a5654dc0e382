import type { Plugin } from "../../plugin/index.ts";
import { virtualLinkPlugin } from "../../state/virtual-link/index.ts";
import { parseConfig } from "./config.ts";

export { schema } from "./config.ts";

/**
 * A link of the container's own on a link of the host, which sorts packets by their addresses.
 * See README.md.
 */
export const plugin: Plugin = virtualLinkPlugin({ kind: "ipvlan", config: parseConfig });
