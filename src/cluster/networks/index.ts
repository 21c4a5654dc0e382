export type { ClusterNetwork } from "./network.ts";
export {
  clusterNetwork,
  notedNetworks,
  noteNetwork,
  notePath,
  notesDirectory,
  refuseOverlap,
  refuseShared,
  type SpoiledNetwork,
} from "./notes.ts";
