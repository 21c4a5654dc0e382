import type { Plugin } from "../../plugin/index.ts";
import { childPlugin } from "../../state/link-plugin/index.ts";
import { parseConfig } from "./config.ts";

/** A link of the container's own on a link of the host, told apart by its addresses. See README.md. */
export const plugin: Plugin = childPlugin({ kind: "ipvlan", config: parseConfig });
