export { addressesIn } from "./addresses.ts";
export { configOf, networkOf } from "./config.ts";
export { entryOf } from "./entry-of-call.ts";
export { Reconciler, type ReconcilerOptions } from "./reconciler.ts";
export { recordingExecCall } from "./record-exec-call.ts";
export { validityIn } from "./validity.ts";
