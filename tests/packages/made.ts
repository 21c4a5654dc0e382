import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PackageOrder } from "../../tools/packages/index.ts";
import { must } from "../support/exec.ts";

/** Packages that tests install: ours of some versions, and small ones of others. */

export const DIST: string = fileURLToPath(new URL("../../dist", import.meta.url));
/** A time of no meaning. */
export const EPOCH = 1_700_000_000;

/** A directory in memory, of the test's own mount namespace. */
export async function memoryDirectory(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "hawser-packages-"));
  await must(["mount", "-t", "tmpfs", "none", dir]);
  return dir;
}

export async function dropMemory(dir: string): Promise<void> {
  if (dir === "") return;
  await must(["umount", "--lazy", dir]);
  rmdirSync(dir);
}

export function orderOf(out: string, version: string): PackageOrder {
  return { dist: DIST, out, version, arch: "x86-64", epochSeconds: EPOCH, level: 0 };
}

/** What of a build is missing. */
export function buildMissing(): string[] {
  return existsSync(join(DIST, "entry/bridge")) ? [] : ["dist/entry (npm run build)"];
}

/** A package of others with programs that only say their names. */
export async function foreignDeb(
  out: string,
  name: string,
  version: string,
  paths: readonly string[],
): Promise<string> {
  const tree = mkdtempSync(join(out, "foreign-"));
  for (const path of paths) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `#!/bin/sh\necho ${name} ${version}\n`);
    chmodSync(join(tree, path), 0o755);
  }
  mkdirSync(join(tree, "DEBIAN"));
  const control = {
    ...{ Package: name, Version: version, Architecture: "all" },
    ...{ Maintainer: "Others <others@example.org>", Description: "plugins of others" },
  };
  const lines = Object.entries(control).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(tree, "DEBIAN/control"), lines.join(""));
  chmodSync(tree, 0o755);
  const path = join(out, `${name}_${version}.deb`);
  await must(["dpkg-deb", "-Znone", "--root-owner-group", "--build", tree, path]);
  return path;
}
