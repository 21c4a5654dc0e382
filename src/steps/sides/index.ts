export { lastingPath } from "./lasting.ts";
export { Sides, type SidesCall } from "./sides.ts";
