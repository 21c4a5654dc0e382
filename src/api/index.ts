/** The joined view for programs: resources, a stream of changes, its description; reads alone. */
export { Api, describeApi, ROOT, refused } from "./answer/index.ts";
export { Refusal } from "./question/index.ts";
export type { Surroundings } from "./surroundings.ts";
