export { isSelinuxEnabled } from "./labelled.ts";
export { type TapLink, TapStep } from "./step.ts";
export { tapUnavailable } from "./unavailable.ts";
