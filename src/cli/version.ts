export { VERSION } from "../base/index.ts";
