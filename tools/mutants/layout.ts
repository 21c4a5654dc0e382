import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";
import { RUNTIME } from "./subject.ts";

/** What the suite is run on: a directory for each mutant, in which it stands under the plugin's name. */

const HOME = join(ROOT, ".cache/mutants");
const PROGRAMS = { mutant: "tools/mutants/main.ts", runtime: "tools/mutants/runtime/main.ts" };
/** The name of an adapter for a runtime. */
const ADAPTER = "adapter";
const PLUGINS = join(ROOT, "dist/cni");
const BUILD_SECONDS = 120;
/** As for the executable itself: what lives for milliseconds is not worth compiling. */
const JIT_RELUCTANCE = 20;

/**
 * Compiles the programs that stand in the place of plugins and of a runtime's adapter.
 * @throws Error with what the compiler said
 */
export async function buildMutants(): Promise<void> {
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(HOME, { recursive: true });
  for (const [name, source] of Object.entries(PROGRAMS)) {
    const built = await run(
      [
        ...[process.execPath, "build", source, "--compile", "--minify"],
        ...["--bytecode", "--format=esm", `--compile-jit-policy=${JIT_RELUCTANCE}`],
        ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
        ...["--define", `PLUGINS=${JSON.stringify(PLUGINS)}`, `--outfile=${join(HOME, name)}`],
      ],
      { cwd: ROOT, timeoutSeconds: BUILD_SECONDS },
    );
    if (built.exitCode !== 0) throw new Error(`${source} does not build:\n${built.output}`);
  }
}

/** Makes the directory of a mutant, with all other plugins beside it; gives its executable. */
export function placeMutant(name: string, of: string): string {
  const directory = join(HOME, `${name}.${of}`);
  mkdirSync(directory);
  if (of === RUNTIME) return script(join(directory, ADAPTER), `${join(HOME, "runtime")} ${name}`);
  for (const other of readdirSync(PLUGINS).filter((each) => each !== of)) {
    symlinkSync(join(PLUGINS, other), join(directory, other));
  }
  return script(join(directory, of), `${join(HOME, "mutant")} ${name}`);
}

function script(path: string, program: string): string {
  writeFileSync(path, `#!${program}\n`);
  chmodSync(path, 0o755);
  return path;
}
