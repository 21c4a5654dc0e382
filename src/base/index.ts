export { confDirOf, DEFAULT_CONF_DIR } from "./conf-dir.ts";
export { defined } from "./defined.ts";
export type { Env } from "./env.ts";
export { errnoName, errorText } from "./error.ts";
export { nearest } from "./nearest.ts";
export { printable } from "./printable.ts";
export { Remembered } from "./remembered.ts";
export { shellWord } from "./shell-word.ts";
export { VERSION } from "./version.ts";
