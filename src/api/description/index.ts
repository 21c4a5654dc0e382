/** The description of the API, for programs and for their authors. */
export { type Described, openApi } from "./openapi.ts";
