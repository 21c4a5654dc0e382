import { readFileSync } from "node:fs";
import { defined } from "../../base/index.ts";
import { hexDigest } from "../../state/index.ts";

/** What tells machines apart that have a copy of one disk. */
export interface Machine {
  /** Given by the firmware, or by what runs the virtual machine. */
  readonly product?: string;
  /** Made at installation, and copied with the disk. */
  readonly id?: string;
}

/** Where this machine says which one it is. */
export interface MachineFiles {
  readonly product: string;
  readonly id: string;
}

const FILES: MachineFiles = { product: "/sys/class/dmi/id/product_uuid", id: "/etc/machine-id" };

/** Firmware whose maker has filled nothing in. */
const EMPTY = /^[0f-]*$/;
const DIGITS = 32;
const UUID = /^[0-9a-f-]{32,36}$/;

/** What of this machine can be read. */
export function readMachine(files: MachineFiles = FILES): Machine {
  return defined({ product: uuidIn(files.product), id: uuidIn(files.id) });
}

/**
 * Whether two say that they are different machines. It is never taken for a proof that they are the same: a
 * machine that cannot tell, or tells what another one tells, is found by its lease.
 */
export function areDifferent(one: Machine, other: Machine): boolean {
  if (one.product !== undefined && other.product !== undefined) {
    // A machine whose `/etc/machine-id` is made anew at each start stays the same machine.
    return one.product !== other.product;
  }
  return one.id !== undefined && other.id !== undefined && one.id !== other.id;
}

/** What the fleet may know of it: a digest, since `/etc/machine-id` is for the machine alone. */
export function printMachine({ product, id }: Machine): string | undefined {
  const best = product ?? id;
  return best === undefined ? undefined : hexDigest("sha256", `machine\0${best}`).slice(0, DIGITS);
}

function uuidIn(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8").trim().toLowerCase();
    return UUID.test(text) && !EMPTY.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
