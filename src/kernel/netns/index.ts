export { createNetns, deleteNetns } from "./create.ts";
export { NetnsGoneError, NotANetnsError } from "./error.ts";
export {
  type FoundNetns,
  findNetns,
  isOwnPath,
  leadsTo,
  livingByNumber,
  livingNamespaces,
  type NetnsIdentity,
} from "./find.ts";
export { Netns, type NetnsHandle, type NetnsOpener, replaceNetns } from "./netns.ts";
