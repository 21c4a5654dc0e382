import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../cache.ts";
import { run } from "../test/process.ts";

/** Programs of others that the package is tried with: newer Nodes than the machine's, esbuild, koffi. */

/** Packages of npm by the names under which they are installed; each version is one. */
const PACKAGES: Readonly<Record<string, string>> = {
  "node-22": `npm:node-linux-${process.arch}@22.23.5`,
  "node-26": `npm:node-linux-${process.arch}@26.12.1`,
  esbuild: "0.28.2",
  koffi: "3.3.4",
};

const INSTALL_SECONDS = 240;

/** Where they lie, outside of the repository: fetched once for all work trees. */
const DIRECTORY = cacheDirectory("tools");

/** The programs, by their paths. */
export interface Toolbox {
  /** By the first number of their versions. */
  readonly nodes: Readonly<Record<"22" | "26", string>>;
  readonly esbuild: string;
  /** The directory of the package. */
  readonly koffi: string;
}

/** Fetches what is missing; undefined where the registry cannot be reached. */
export async function toolbox(): Promise<Toolbox | undefined> {
  const manifest = `${JSON.stringify({ private: true, dependencies: PACKAGES }, null, 2)}\n`;
  const path = join(DIRECTORY, "package.json");
  const isSame = existsSync(path) && readFileSync(path, "utf8") === manifest;
  if (!isSame || !existsSync(tools().esbuild)) {
    mkdirSync(DIRECTORY, { recursive: true });
    writeFileSync(path, manifest);
    const argv = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    const options = { cwd: DIRECTORY, timeoutSeconds: INSTALL_SECONDS };
    if ((await run(argv, options)).exitCode !== 0) return undefined;
  }
  return tools();
}

function tools(): Toolbox {
  const path = (name: string): string => join(DIRECTORY, "node_modules", name);
  return {
    nodes: { "22": path("node-22/bin/node"), "26": path("node-26/bin/node") },
    esbuild: path(`@esbuild/linux-${process.arch}/bin/esbuild`),
    koffi: path("koffi"),
  };
}
