import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** The programs that a root file system made of busybox gets. */
const APPLETS = ["sh", "nc", "ip", "cat", "sleep"] as const;

/** Fills a directory so that a container can run in it. */
export function fillRootfs(rootfs: string): void {
  for (const directory of ["bin", "proc", "sys", "dev", "etc", "run", "tmp"]) {
    mkdirSync(join(rootfs, directory), { recursive: true });
  }
  copyFileSync(Bun.which("busybox") ?? "busybox", join(rootfs, "bin/busybox"));
  for (const applet of APPLETS) symlinkSync("busybox", join(rootfs, "bin", applet));
}

/** What is missing of the features that a client needs; undefined when nothing is. */
export function missingOf(
  has: (feature: string) => boolean,
  features: readonly string[],
): string | undefined {
  const missing = features.filter((feature) => !has(feature));
  return missing.length === 0 ? undefined : missing.join(", ");
}
