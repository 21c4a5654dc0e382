export { tap, type WantedTap } from "./tap.ts";
