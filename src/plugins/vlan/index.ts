import type { Plugin } from "../../plugin/index.ts";
import { childPlugin } from "../../state/link-plugin/index.ts";
import { parseConfig } from "./config.ts";

/** A VLAN of a link, in a container. See README.md. */
export const plugin: Plugin = childPlugin({ kind: "vlan", config: parseConfig });
