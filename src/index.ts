/** The npm package as a whole; each part is also reached by its own path, as `hawser/spec`. */
export * as invoke from "./invoke/index.ts";
export * as plugin from "./plugin/index.ts";
export * as runtime from "./runtime/index.ts";
export * as spec from "./spec/index.ts";
