export {
  type ClusterNetwork,
  clusterNetwork,
  notedNetworks,
  noteNetwork,
  notesDirectory,
  refuseOverlap,
  type SpoiledNetwork,
} from "./notes.ts";
export { refuseOwnAddresses } from "./own-addresses.ts";
