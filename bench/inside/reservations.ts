import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addressAt } from "./numbers.ts";

/** The network whose addresses are counted in tens of thousands. */
export const MANY = "many";

/** Writes reservations as any host-local does: a file for each, named by its address. */
export function reserve(order: { from: number; to: number }, network = MANY): void {
  const directory = join("/var/lib/cni/networks", network);
  mkdirSync(directory, { recursive: true });
  for (let at = order.from; at < order.to; at++) {
    writeFileSync(join(directory, addressAt(at)), `fill-${at}\r\neth0`);
  }
  if (order.to > order.from) {
    writeFileSync(join(directory, "last_reserved_ip.0"), addressAt(order.to - 1));
  }
}
