import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { thirdPartyText } from "../release/third-party.ts";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";

/** Where the image has the executable. */
export const IMAGE_DIR = "/usr/lib/hawser";

/** Licences of what the image holds. */
const LICENCES = "/usr/share/licenses/hawser";
/** What Debian says of the licences of its C library. */
const C_LIBRARY = "/usr/share/doc/libc6/copyright";
const TEXT_MODE = 0o644;

/** Something that the image needs is not there. */
export class ImageFailure extends Error {}

/** Fills a directory with what the image holds: the executable, the C library, and their licences. */
export async function fillRootfs(dist: string, rootfs: string): Promise<void> {
  const executable = join(dist, "hawser");
  if (!existsSync(executable)) throw new ImageFailure(`${executable} is missing: npm run build`);
  rmSync(rootfs, { recursive: true, force: true });
  copy(executable, rootfs, join(IMAGE_DIR, "hawser"));
  const libraries = await librariesOf(executable);
  for (const library of libraries) copy(library, rootfs, library);
  const own = `${await cLibraryText(libraries)}${await thirdPartyText()}`;
  copy(join(ROOT, "LICENSE"), rootfs, join(LICENCES, "LICENSE"), TEXT_MODE);
  writeFileSync(join(rootfs, LICENCES, "THIRD-PARTY.txt"), own, { mode: TEXT_MODE });
  if (existsSync(C_LIBRARY)) copy(C_LIBRARY, rootfs, C_LIBRARY, TEXT_MODE);
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

/** The C library stands in the image beside the executable: whose it is, and of which version. */
async function cLibraryText(libraries: readonly string[]): Promise<string> {
  const { output } = await run(["ldd", "--version"], { cwd: "/", timeoutSeconds: 20 });
  const version = /^ldd (.+)$/mu.exec(output)?.[1] ?? "";
  return [
    `GNU C Library ${version}`,
    "LGPL-2.1-or-later; https://sourceware.org/git/glibc.git",
    "",
    "The image has these files of it, as the system has them that the image was made on. The text of the",
    "licence stands at the end; a file that is changed can take the place of one of these:",
    "",
    ...libraries.map((path) => `  ${path}`),
    "",
    "",
  ].join("\n");
}

function copy(from: string, rootfs: string, to: string, mode = 0o755): void {
  mkdirSync(join(rootfs, dirname(to)), { recursive: true });
  copyFileSync(realpathSync(from), join(rootfs, to));
  chmodSync(join(rootfs, to), mode);
}
