// @ts-check
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));

/** The kinds of plugins, the default one first. */
export const KINDS = /** @type {const} */ (["chained", "interface", "ipam"]);

/**
 * Writes a project.
 * @param {{ directory: string, name: string, kind: string }} wanted the directory is not there, or empty
 * @returns {string[]} the files, from the directory
 * @throws {Error} when a file cannot be written; then none of them is left
 */
export function writeProject({ directory, name, kind }) {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  const values = new Map([
    ["name", name],
    ["hawser", version],
  ]);
  const wasThere = isThere(directory);
  /** @type {string[]} */
  const written = [];
  try {
    for (const folder of ["common", kind]) {
      const from = join(PACKAGE, "template", folder);
      for (const path of filesBelow(from)) {
        const text = readFileSync(join(from, path), "utf8");
        const target = targetOf(path);
        mkdirSync(join(directory, dirname(target)), { recursive: true });
        writeFileSync(join(directory, target), filled(text, values), { flag: "wx" });
        written.push(target);
      }
    }
  } catch (error) {
    for (const entry of wasThere ? readdirSync(directory) : []) {
      rmSync(join(directory, entry), { recursive: true, force: true });
    }
    if (!wasThere) rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  return written.sort();
}

/**
 * What stands in the way of a project, as a sentence; undefined when nothing does.
 * @param {string} directory
 * @returns {string | undefined}
 */
export function directoryProblem(directory) {
  try {
    if (!isThere(directory) || readdirSync(directory).length === 0) return undefined;
    return `${directory} is not empty, and is left as it is`;
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return code === "ENOTDIR" ? `${directory} is there, and is no directory` : message;
  }
}

/**
 * Whether anything has this name, a link into nothing too.
 * @param {string} directory
 */
function isThere(directory) {
  return lstatSync(directory, { throwIfNoEntry: false }) !== undefined;
}

/**
 * @param {string} directory
 * @returns {string[]}
 */
function filesBelow(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    return filesBelow(join(directory, entry.name)).map((path) => join(entry.name, path));
  });
}

/**
 * npm leaves a .gitignore out of what it packs, so it stands in the package without the dot.
 * @param {string} path
 */
function targetOf(path) {
  return basename(path) === "gitignore" ? join(dirname(path), ".gitignore") : path;
}

/**
 * @param {string} text
 * @param {ReadonlyMap<string, string>} values
 */
function filled(text, values) {
  return text.replace(/\{\{(\w+)\}\}/gu, (whole, key) => values.get(key) ?? whole);
}
