export { DiskNodeFiles } from "./node-files.ts";
export { readPicture } from "./read.ts";
