import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../test/process.ts";

/** Where the image has the executable. */
export const IMAGE_DIR = "/usr/lib/hawser";

/** Something that the image needs is not there. */
export class ImageFailure extends Error {}

/** Fills a directory with what the image holds: the executable and the C library. */
export async function fillRootfs(dist: string, rootfs: string): Promise<void> {
  const executable = join(dist, "hawser");
  if (!existsSync(executable)) throw new ImageFailure(`${executable} is missing: npm run build`);
  rmSync(rootfs, { recursive: true, force: true });
  copy(executable, rootfs, join(IMAGE_DIR, "hawser"));
  for (const library of await librariesOf(executable)) copy(library, rootfs, library);
  for (const directory of ["tmp", "run", "var", "proc", "sys", "dev", "etc"]) {
    mkdirSync(join(rootfs, directory), { recursive: true });
  }
  chmodSync(join(rootfs, "tmp"), 0o1777);
  // Runtimes say /var/run/netns as well as /run/netns.
  symlinkSync("../run", join(rootfs, "var/run"));
}

/** The shared objects that a program is linked with, its loader among them, as the loader names them. */
export async function librariesOf(program: string): Promise<string[]> {
  const { exitCode, output } = await run(["ldd", program], { cwd: "/", timeoutSeconds: 20 });
  if (exitCode !== 0) throw new ImageFailure(`ldd ${program}: ${output}`);
  const paths = [...output.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path = ""]) => path);
  if (paths.length === 0) throw new ImageFailure(`ldd ${program} names no library: ${output}`);
  return paths;
}

function copy(from: string, rootfs: string, to: string): void {
  mkdirSync(join(rootfs, dirname(to)), { recursive: true });
  copyFileSync(realpathSync(from), join(rootfs, to));
  chmodSync(join(rootfs, to), 0o755);
}
