export type { ClusterNetwork } from "./network.ts";
export {
  clusterNetwork,
  notedNetworks,
  noteNetwork,
  notesDirectory,
  refuseOverlap,
  type SpoiledNetwork,
} from "./notes.ts";
