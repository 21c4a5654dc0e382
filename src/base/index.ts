export { defined } from "./defined.ts";
export { errnoName, errorText } from "./error.ts";
