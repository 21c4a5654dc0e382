/** From a request to its response. */
export { Api, describeApi, ROOT, refused } from "./api.ts";
