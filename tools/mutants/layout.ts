import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";
import { RUNTIME } from "./subject.ts";

/** What the suite is run on: a directory for each mutant, in which it stands under the plugin's name. */

const CACHE = join(ROOT, ".cache");
const PROGRAMS = { mutant: "tools/mutants/main.ts", runtime: "tools/mutants/runtime/main.ts" };
/** The name of an adapter for a runtime. */
const ADAPTER = "adapter";
const PLUGINS = join(ROOT, "dist/cni");
const BUILD_SECONDS = 120;
/** As for the executable itself: what lives for milliseconds is not worth compiling. */
const JIT_RELUCTANCE = 20;

/**
 * Compiles the programs that stand in the place of plugins and of a runtime's adapter; gives the
 * directory that they are in, which the caller removes.
 * @throws Error with what the compiler said
 */
export async function buildMutants(): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  const home = mkdtempSync(join(CACHE, "mutants-"));
  for (const [name, source] of Object.entries(PROGRAMS)) {
    const built = await run(
      [
        ...[process.execPath, "build", source, "--compile", "--minify"],
        ...["--bytecode", "--format=esm", `--compile-jit-policy=${JIT_RELUCTANCE}`],
        ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
        ...["--define", `PLUGINS=${JSON.stringify(PLUGINS)}`, `--outfile=${join(home, name)}`],
      ],
      { cwd: ROOT, timeoutSeconds: BUILD_SECONDS },
    );
    if (built.exitCode !== 0) throw new Error(`${source} does not build:\n${built.output}`);
  }
  return home;
}

/** Makes the directory of a mutant, with all other plugins beside it; gives its executable. */
export function placeMutant(home: string, name: string, of: string): string {
  const directory = join(home, `${name}.${of}`);
  mkdirSync(directory, { recursive: true });
  if (of === RUNTIME) return script(join(directory, ADAPTER), `${join(home, "runtime")} ${name}`);
  for (const other of readdirSync(PLUGINS).filter((each) => each !== of)) {
    const link = join(directory, other);
    if (!existsSync(link)) symlinkSync(join(PLUGINS, other), link);
  }
  return script(join(directory, of), `${join(home, "mutant")} ${name}`);
}

function script(path: string, program: string): string {
  writeFileSync(path, `#!${program}\n`);
  chmodSync(path, 0o755);
  return path;
}
