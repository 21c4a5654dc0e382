// @ts-check
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
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
  /** @type {Set<string>} */
  const folders = new Set();
  try {
    for (const folder of ["common", kind]) {
      const from = join(PACKAGE, "template", folder);
      for (const path of filesBelow(from)) {
        const text = readFileSync(join(from, path), "utf8");
        const target = targetOf(path);
        for (let at = dirname(target); at !== "."; at = dirname(at)) folders.add(at);
        mkdirSync(join(directory, dirname(target)), { recursive: true });
        const file = openSync(join(directory, target), "wx");
        written.push(target);
        try {
          writeFileSync(file, filled(text, values));
        } finally {
          closeSync(file);
        }
      }
    }
  } catch (error) {
    // Another program may have written here as well: what is its own stays.
    for (const path of written) rmSync(join(directory, path), { force: true });
    const deepestFirst = [...folders].sort((a, b) => b.length - a.length);
    for (const path of deepestFirst) removeEmpty(join(directory, path));
    if (!wasThere) removeEmpty(directory);
    throw error;
  }
  return written.sort();
}

/** @param {string} directory */
function removeEmpty(directory) {
  try {
    rmdirSync(directory);
  } catch {
    // Something is in it, or it was never made.
  }
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
