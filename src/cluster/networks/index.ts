export type { ClusterNetwork } from "./network.ts";
export {
  clusterNetwork,
  notedNetworks,
  noteNetwork,
  notePath,
  notesDirectory,
  refuseOverlap,
  refuseShared,
  removeNote,
  type SpoiledNetwork,
} from "./notes.ts";
