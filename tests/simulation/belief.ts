/** What a machine believes: by its picture and its clock, as each ADD looks at them. */
import { type Ip, Prefix } from "../../src/addr/index.ts";
import type { Picture } from "../../src/fleet/index.ts";
import type { Machine } from "./machine.ts";

interface Held {
  readonly prefixes: readonly Prefix[];
  readonly gateway: string | undefined;
}

const known = new WeakMap<Picture, readonly Held[]>();

/** For each subnet, the prefixes from which ADD may reserve. */
export function heldBy(picture: Picture): readonly Held[] {
  let held = known.get(picture);
  if (held === undefined) {
    held = picture.subnets.map(({ holdings, gateway }) => {
      const prefixes = holdings
        .filter(({ state }) => state === "held")
        .map(({ prefix }) => Prefix.parse(prefix));
      return { prefixes, gateway };
    });
    known.set(picture, held);
  }
  return held;
}

/** Whether an ADD on this machine may go by the picture now. */
export function isServing(machine: Machine, isTimeless = false): boolean {
  const { picture } = machine.disk;
  const confirmed = picture?.confirmed;
  if (picture === undefined || confirmed === undefined) return false;
  if (confirmed.boot !== machine.boot || picture.trouble !== undefined) return false;
  return isTimeless || machine.now() - confirmed.atMs < picture.holdMs;
}

/** Whether an ADD on this machine would reserve the address now. */
export function believes(machine: Machine, ip: Ip, isTimeless = false): boolean {
  const { picture } = machine.disk;
  if (picture === undefined || !isServing(machine, isTimeless)) return false;
  return heldBy(picture).some(({ prefixes }) => prefixes.some((prefix) => prefix.contains(ip)));
}
