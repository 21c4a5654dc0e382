import type { Plugin } from "../../plugin/index.ts";
import { virtualLinkPlugin } from "../../state/virtual-link/index.ts";
import { parseConfig } from "./config.ts";

export { schema } from "./config.ts";

/**
 * A link of the container's own on a link of the host, which sorts frames by their MAC.
 * See README.md.
 */
export const plugin: Plugin = virtualLinkPlugin({ kind: "macvlan", config: parseConfig });
