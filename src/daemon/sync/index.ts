/** Puts attachments right: on request, at intervals, and when others have taken something away. */
export { Upkeep, type UpkeepOptions } from "./upkeep.ts";
