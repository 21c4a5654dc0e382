export { PictureWait, type PictureWaitOptions } from "./picture-wait.ts";
export { leaveWants, readWants } from "./wants.ts";
