import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";

/** What the suite is run on: a directory for each mutant, in which it stands under the plugin's name. */

const HOME = join(ROOT, ".cache/mutants");
const PROGRAM = join(HOME, "mutant");
const PLUGINS = join(ROOT, "dist/cni");
const BUILD_SECONDS = 120;
/** As for the executable itself: what lives for milliseconds is not worth compiling. */
const JIT_RELUCTANCE = 20;

/**
 * Compiles the program that stands in the plugins' place.
 * @throws Error with what the compiler said
 */
export async function buildMutants(): Promise<void> {
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(HOME, { recursive: true });
  const built = await run(
    [
      ...[process.execPath, "build", "tools/mutants/main.ts", "--compile", "--minify"],
      ...["--bytecode", "--format=esm", `--compile-jit-policy=${JIT_RELUCTANCE}`],
      ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
      ...["--define", `PLUGINS=${JSON.stringify(PLUGINS)}`, `--outfile=${PROGRAM}`],
    ],
    { cwd: ROOT, timeoutSeconds: BUILD_SECONDS },
  );
  if (built.exitCode !== 0) throw new Error(`the mutants do not build:\n${built.output}`);
}

/** Makes the directory of a mutant, with all other plugins beside it; gives its executable. */
export function placeMutant(name: string, plugin: string): string {
  const directory = join(HOME, `${name}.${plugin}`);
  mkdirSync(directory);
  for (const other of readdirSync(PLUGINS).filter((each) => each !== plugin)) {
    symlinkSync(join(PLUGINS, other), join(directory, other));
  }
  const path = join(directory, plugin);
  writeFileSync(path, `#!${PROGRAM} ${name}\n`);
  chmodSync(path, 0o755);
  return path;
}
