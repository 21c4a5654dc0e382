export type { ClusterNetwork } from "./network.ts";
export {
  clusterNetwork,
  isNoted,
  notedNetworks,
  noteNetwork,
  notePath,
  notesDirectory,
  refuseOverlap,
  refuseShared,
  removeNote,
  type SpoiledNetwork,
} from "./notes.ts";
