/** The API for browsers: which requests are let in, and the page. */
export { DaemonAt } from "./daemon.ts";
export { type DoorOptions, type PageFile, respondAtDoor } from "./door.ts";
export { type DoorAddress, newToken } from "./guard.ts";
