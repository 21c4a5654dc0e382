import type { Plugin } from "../../plugin/index.ts";
import { virtualLinkPlugin } from "../../state/virtual-link/index.ts";
import { parseConfig } from "./config.ts";

export { schema } from "./config.ts";

/** A link that leads nowhere, with addresses for the container itself. See README.md. */
export const plugin: Plugin = virtualLinkPlugin({ kind: "dummy", config: parseConfig });
