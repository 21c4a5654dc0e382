export { configuredInterface } from "./kind.ts";
