export { announcement } from "./kind.ts";
