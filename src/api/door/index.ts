/** The API for browsers: who may ask, and the page. */
export { daemonAt } from "./daemon.ts";
export { type DoorOptions, type PageFile, respondAtDoor } from "./door.ts";
export { newToken, type Place } from "./guard.ts";
