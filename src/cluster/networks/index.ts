export type { ClusterNetwork } from "./network.ts";
export {
  clusterNetwork,
  isNoted,
  notedNetworks,
  noteNetwork,
  notesDirectory,
  refuseOverlap,
  removeNote,
  type SpoiledNetwork,
} from "./notes.ts";
