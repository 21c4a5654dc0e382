import { environment } from "./environment.ts";
import { failures } from "./failures.ts";
import type { RuntimeMutant } from "./fault.ts";
import { memory } from "./memory.ts";
import { order } from "./order.ts";
import { request } from "./request.ts";

/** All deliberate faults of runtimes. */
export const RUNTIME_MUTANTS: readonly RuntimeMutant[] = [
  ...order,
  ...request,
  ...environment,
  ...failures,
  ...memory,
];
