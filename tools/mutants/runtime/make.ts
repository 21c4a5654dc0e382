import type { Fault, RuntimeMutant } from "./fault.ts";

/** Faults by name. */
export function runtimeMutants(
  faults: Readonly<Record<string, readonly [what: string, fault: Fault]>>,
): readonly RuntimeMutant[] {
  return Object.entries(faults).map(([name, [what, fault]]) => ({
    name: `runtime-${name}`,
    what,
    fault,
  }));
}
