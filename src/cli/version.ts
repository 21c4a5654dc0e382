export { COMMIT, VERSION } from "../base/index.ts";
