/** The notes of the node: what plugins have attached, and when which attachment had which addresses. */
export type { JournalEntry, NetnsNote, NewEntry } from "./entry.ts";
export type { HistoryEvent } from "./history.ts";
export { Journal } from "./journal.ts";
export { isRecord, objectOf } from "./json.ts";
export { type Period, type PeriodFilter, readPeriods } from "./periods.ts";
