export {
  type ClusterNetwork,
  notedNetworks,
  noteNetwork,
  notesDirectory,
  refuseOverlap,
  type SpoiledNetwork,
} from "./notes.ts";
