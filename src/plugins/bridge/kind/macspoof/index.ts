export { sourceCheck } from "./kind.ts";
