/** The joined view for programs: resources, a stream of changes, its description; reads alone. */
export { Api, describeApi, ROOT } from "./answer/index.ts";
export type { Surroundings } from "./surroundings.ts";
