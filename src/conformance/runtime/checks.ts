import { CHECKING } from "./checks/checking.ts";
import { COLLECTING } from "./checks/collecting.ts";
import { CONFIGURATION } from "./checks/configuration.ts";
import { DELETING } from "./checks/deleting.ts";
import { FAILING } from "./checks/failing.ts";
import { LOCKING } from "./checks/locking.ts";
import { MEMORY } from "./checks/memory.ts";
import { NAMES } from "./checks/names.ts";
import { ORDER } from "./checks/order.ts";
import { PARAMETERS } from "./checks/parameters.ts";
import { REQUEST } from "./checks/request.ts";
import { RESULTS } from "./checks/results.ts";
import { SOURCES } from "./checks/sources.ts";
import { STATUS } from "./checks/status.ts";
import { VERSION } from "./checks/version.ts";
import { WHOLE } from "./checks/whole.ts";
import type { RuntimeCheck } from "./define.ts";

/** All checks of runtimes, in the order of a report. */
export const RUNTIME_CHECKS: readonly RuntimeCheck[] = [
  ...CONFIGURATION,
  ...NAMES,
  ...SOURCES,
  ...PARAMETERS,
  ...WHOLE,
  ...REQUEST,
  ...ORDER,
  ...RESULTS,
  ...FAILING,
  ...DELETING,
  ...MEMORY,
  ...CHECKING,
  ...COLLECTING,
  ...STATUS,
  ...VERSION,
  ...LOCKING,
];
