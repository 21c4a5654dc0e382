export { readPicture } from "../reading/index.ts";
export { DiskNodeFiles } from "./node-files.ts";
