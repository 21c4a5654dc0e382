export { clusterDirectory, type NodePlace, placeOf } from "./place.ts";
