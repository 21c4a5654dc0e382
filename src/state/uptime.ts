import { readFileSync } from "node:fs";

/**
 * Milliseconds since the boot, as CLOCK_BOOTTIME: the clock goes on while the machine is suspended,
 * does not jump when the date is set, and means the same to every process of the boot.
 */
export function sinceBoot(): number {
  const [seconds = ""] = readFileSync("/proc/uptime", "utf8").split(" ");
  return Number(seconds) * 1000;
}
