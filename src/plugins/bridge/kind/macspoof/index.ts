export { collectMacspoof } from "./gc.ts";
export { type MacspoofGuard, MacspoofStep } from "./step.ts";
