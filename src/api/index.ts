/** The joined view for programs: resources, a stream of changes, its description; reads alone. */
export type { NodeForm } from "../forms/index.ts";
