/** The description of the API, for programs and for those who write them. */
export { type Described, openApi } from "./openapi.ts";
