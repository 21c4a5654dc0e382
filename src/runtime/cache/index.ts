/** Remembering attachments between ADD and DEL. */
export { Cache, type CacheOptions } from "./cache.ts";
export { type CacheEntry, parseEntryAmong } from "./entry.ts";
