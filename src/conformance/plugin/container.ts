import type { JsonObject } from "../subject/index.ts";

/** A container of a scene: a namespace that a check attaches. */
export interface Container {
  /** As `ip netns` knows it. */
  readonly name: string;
  /** CNI_NETNS. */
  readonly netns: string;
  readonly containerId: string;
  /** Its place among the containers of the scene, from 0 on. */
  readonly index: number;
  /** CNI_IFNAME. */
  readonly ifName: string;
  /** What a chained subject finds there, in the shape of the scene's version. */
  readonly prevResult?: JsonObject;
  /** The end on the host of the link that a chained subject finds. */
  readonly hostLink?: string;
}
