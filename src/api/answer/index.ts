/** From a request to its response. */
export { Api, ROOT, refused } from "./api.ts";
