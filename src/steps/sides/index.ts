export { Sides } from "./sides.ts";
