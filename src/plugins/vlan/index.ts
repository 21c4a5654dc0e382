import type { Plugin } from "../../plugin/index.ts";
import { virtualLinkPlugin } from "../../state/virtual-link/index.ts";
import { parseConfig } from "./config.ts";

export { schema } from "./config.ts";

/** A VLAN of a link, in a container. See README.md. */
export const plugin: Plugin = virtualLinkPlugin({ kind: "vlan", config: parseConfig });
