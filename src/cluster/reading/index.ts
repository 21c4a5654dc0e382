export { readPicture } from "./read.ts";
export { printPicture } from "./text.ts";
