/** This node's part in fleets: configuration, picture on disk, membership, engines. */
export { CountedStore } from "./store/counted.ts";
