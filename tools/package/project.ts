import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NpmRegistry } from "../../tests/support/npm-registry.ts";
import { ROOT } from "../test/files.ts";
import { type RunResult, run } from "../test/process.ts";

/** An empty project of an outsider's, into which the package is installed. */

const CONSUMER = join(import.meta.dir, "consumer");
const SECONDS = 60;

/** A project with the package and its dependencies. */
export interface Project {
  readonly directory: string;
  /** Runs a program in the project's directory. */
  run(argv: readonly string[]): Promise<RunResult>;
}

/**
 * Makes a project and installs a tarball into it, from a registry on the loopback interface. The
 * consumer's programs stand in it as TypeScript and, without their types, as modules.
 */
export async function makeProject(tarball: string, directory: string): Promise<Project> {
  mkdirSync(directory, { recursive: true });
  const manifest = { name: "consumer", private: true, type: "module" };
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  const project: Project = {
    directory,
    run: async (argv) => await run(argv, { cwd: directory, timeoutSeconds: SECONDS }),
  };
  using registry = await NpmRegistry.start(ROOT, join(directory, "registry"), tarball);
  const options = ["--no-audit", "--no-fund", "--silent", `--registry=${registry.url}`];
  const cache = ["--cache", join(directory, "npm-cache")];
  const { exitCode, output } = await project.run(["npm", "install", ...options, ...cache, tarball]);
  if (exitCode !== 0) throw new Error(`npm install ended with ${exitCode}:\n${output}`);
  addTypes(directory);
  for (const name of readdirSync(CONSUMER)) {
    const text = readFileSync(join(CONSUMER, name), "utf8");
    writeFileSync(join(directory, name), text);
    const javascript = new Bun.Transpiler({ loader: "ts", target: "node" }).transformSync(text);
    writeFileSync(join(directory, name.replace(/\.ts$/, ".mjs")), javascript);
  }
  return project;
}

/** What a consumer with TypeScript has beside the package. */
function addTypes(directory: string): void {
  const types = join(directory, "node_modules/@types");
  mkdirSync(types, { recursive: true });
  for (const name of ["@types/node", "undici-types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(directory, "node_modules", name));
  }
}
