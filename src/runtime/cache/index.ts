/** Remembering attachments between ADD and DEL. */
export { Cache, type CacheOptions } from "./cache.ts";
export { CACHE_KIND, type CacheEntry } from "./entry.ts";
