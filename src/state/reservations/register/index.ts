export { Register } from "./register.ts";
