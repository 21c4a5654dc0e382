import type { Plugin } from "../../plugin/index.ts";
import { childPlugin } from "../../state/link-plugin/index.ts";
import { parseConfig } from "./config.ts";

/** A link that leads nowhere, with addresses for the container itself. See README.md. */
export const plugin: Plugin = childPlugin({ kind: "dummy", config: parseConfig });
