/** Directories that runtimes, plugins and daemon write to: there is room, and they may. */
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errnoName, shellWord } from "../../base/index.ts";
import type { Report } from "../report.ts";
import type { NodeStage } from "./stage.ts";

/** A file of the kinds that are written here comes to one block. */
const BLOCKS_MIN = 4;
/** Hundredths of a disk that are little, unless they come to more than this many bytes. */
const LITTLE = 1;
const MUCH_BYTES = 64 * 1024 * 1024;
const INODES_MIN = 4;
const INODES_LITTLE = 64;

export const disks: NodeStage = {
  name: "disks",
  title: "directories and disks",
  look({ node }, report) {
    const { cacheDirs, stateDir, dataDir } = node.places;
    const [cacheDir] = cacheDirs;
    const named = [...(cacheDir === undefined ? [] : [`${cacheDir}/results`]), stateDir, dataDir];
    const dirs = [...new Set(named.map(present))];
    for (const dir of dirs) {
      report.look(dir);
      writable(report, dir);
      room(report, dir);
    }
    report.pass(`${dirs.join(", ")} have room`);
  },
};

/** The directory itself, or the nearest one above: there a plugin would make it. */
function present(path: string): string {
  let dir = path;
  while (!existsSync(dir) && dir !== dirname(dir)) dir = dirname(dir);
  return dir;
}

function writable(report: Report, dir: string): void {
  const status = statSync(dir, { throwIfNoEntry: false });
  if (status !== undefined && !status.isDirectory()) {
    report.find("directory-not-writable", `${dir} is no directory`, `ls -ld ${shellWord(dir)}`);
    return;
  }
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errnoName(error) === "EROFS") {
      report.find(
        "directory-read-only",
        `${dir} is on a file system that is mounted read-only: no ADD can note anything there`,
        `mount -o remount,rw ${shellWord(mountOf(dir))}`,
      );
    } else if (errnoName(error) === "EACCES") {
      const remedy = `ls -ld ${shellWord(dir)}`;
      report.find("directory-not-writable", `${dir} may not be written to`, remedy);
    }
  }
}

/** The nearest directory above, or the same, that is on another device than its parent. */
function mountOf(dir: string): string {
  let mount = dir;
  while (mount !== dirname(mount) && statSync(mount).dev === statSync(dirname(mount)).dev) {
    mount = dirname(mount);
  }
  return mount;
}

/** A file system that counts no inodes, or no blocks, has no end of them. */
function room(report: Report, dir: string): void {
  const { blocks, bavail, bsize, files, ffree } = statfsSync(dir);
  const remedy = `df -h ${shellWord(dir)} && df -i ${shellWord(dir)}`;
  const [free, whole] = [bavail * bsize, blocks * bsize];
  if (blocks > 0 && bavail < BLOCKS_MIN) {
    report.find("disk-full", `the file system of ${dir} has no room left`, remedy);
  } else if (files > 0 && ffree < INODES_MIN) {
    report.find("disk-full", `the file system of ${dir} has no inode left`, remedy);
  } else if (blocks > 0 && free < MUCH_BYTES && free * 100 < whole * LITTLE) {
    report.find("disk-nearly-full", `the file system of ${dir} has ${free} bytes left`, remedy);
  } else if (files > 0 && ffree < INODES_LITTLE) {
    report.find("disk-nearly-full", `the file system of ${dir} has ${ffree} inodes left`, remedy);
  }
}
