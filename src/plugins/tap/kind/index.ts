export { tap } from "./tap.ts";
export type { WantedTap } from "./wanted.ts";
