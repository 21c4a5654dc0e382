export { createNetns, deleteNetns } from "./create.ts";
export { NetnsGoneError, NotANetnsError } from "./error.ts";
export { Netns } from "./netns.ts";
