/** Recorded calls made again, on a throwaway host or where the process is. */
export type { Difference } from "./compare.ts";
export { makeContainer, makeHost, makeStandIns, namespacesOf } from "./host.ts";
export { misfit, Replay, type Replayed, type ReplayOptions } from "./replay.ts";
export { hostLinksOf } from "./request.ts";
