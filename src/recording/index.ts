/** Calls of plugins as they were made: recorded, shown, made again, sent on as spans. */
export * from "./form/index.ts";
export * from "./observe/index.ts";
export * from "./select/index.ts";
export * from "./store/index.ts";
