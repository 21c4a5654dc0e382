/** What a machine believes: by its picture and its clock, as each ADD looks at them. */
import type { Ip } from "../../src/addr/index.ts";
import { type Picture, type Servable, servable } from "../../src/fleet/index.ts";
import type { Machine } from "./machine.ts";

const known = new WeakMap<Picture, readonly Servable[]>();

/** What an ADD on this machine may reserve from now, a subnet each; undefined where it has to wait. */
export function servedBy(machine: Machine, isTimeless = false): readonly Servable[] | undefined {
  const { picture } = machine.disk;
  if (picture === undefined || machine.isOff) return undefined;
  const { holdMs: _, ...timeless } = picture;
  const of = isTimeless ? timeless : picture;
  const now = { now: () => machine.now(), boot: machine.boot };
  // The prefixes are parsed once a picture; only the time decides anew.
  const hasKnown = known.get(picture);
  const serving = servable(hasKnown === undefined ? of : { ...of, subnets: [] }, now);
  if (!serving.ok) return undefined;
  const subnets = hasKnown ?? serving.subnets;
  known.set(picture, subnets);
  return subnets;
}

/** Whether an ADD on this machine would reserve the address now. */
export function believes(machine: Machine, ip: Ip, isTimeless = false): boolean {
  const served = servedBy(machine, isTimeless) ?? [];
  return served.some(({ prefixes }) => prefixes.some((prefix) => prefix.contains(ip)));
}

/** Whether an ADD on this machine would be served now: something is held in each subnet. */
export function isServingNow(machine: Machine): boolean {
  const served = servedBy(machine);
  return served?.every(({ prefixes }) => prefixes.length > 0) ?? false;
}
