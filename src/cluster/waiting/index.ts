export { PictureWait, type PictureWaitOptions } from "./picture-wait.ts";
export { leaveWants, readWants } from "./wants.ts";
export { DirectoryWatch, type WatchOptions } from "./watch.ts";
