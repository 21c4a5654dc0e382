/** The picture of the node in a browser. */
export type { MapForm } from "../forms/index.ts";
