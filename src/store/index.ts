/** The port through which a fleet reaches the engine that keeps its truth. */
export { StoreError, type StoreFault } from "./error.ts";
export { under } from "./keys.ts";
export type {
  Batch,
  CallOptions,
  Change,
  Condition,
  Entry,
  Event,
  Identity,
  Keys,
  LeaseId,
  Outcome,
  Revision,
  Snapshot,
  Store,
} from "./port.ts";
export { checkTransaction } from "./transaction.ts";
