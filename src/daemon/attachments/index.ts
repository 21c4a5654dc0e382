export { addressesIn } from "./addresses.ts";
export { configOf, networkOf } from "./config.ts";
export type { JournalEntry } from "./entry.ts";
export { entryOf } from "./entry-of-call.ts";
export { Journal } from "./journal.ts";
export { isIn, type PeriodFilter, periodsOf } from "./periods.ts";
export { Reconciler, type ReconcilerOptions } from "./reconciler.ts";
export { recordingExecCall } from "./record-exec-call.ts";
export { validityIn } from "./validity.ts";
