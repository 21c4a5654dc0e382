import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * An executable of another release than the one in dist, to update from and to go back to: the one that
 * `HAWSER_BEFORE` names, such as the last that was published; else these sources under another number.
 */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(ROOT, "dist");
const VARIABLE = "HAWSER_BEFORE";
const OWN_NUMBER = /VERSION = "\d+\.\d+\.\d+"/;

/** Why there is none; undefined when there is. */
export function otherReleaseMissing(): string | undefined {
  if (process.env[VARIABLE] !== undefined) return undefined;
  const entry = lstatSync(join(DIST, "entry/bridge"), { throwIfNoEntry: false });
  return entry?.isFile() === true ? undefined : "npm run build";
}

/** Gives the path of the executable, which is built into a directory where none is named. */
export async function otherRelease(directory: string, version: string): Promise<string> {
  const named = process.env[VARIABLE];
  if (named !== undefined) return named;
  const outfile = join(directory, "hawser");
  const entry = readFileSync(join(DIST, "entry/bridge"), "base64");
  await Bun.build({
    entrypoints: ["src/cli/main.ts", "src/cli/worker.ts"].map((path) => join(ROOT, path)),
    root: join(ROOT, "src/cli"),
    ...{ target: "bun", format: "esm", splitting: true },
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
    define: { ENTRY_PROGRAM: JSON.stringify(entry), RELEASE_COMMIT: '""' },
    plugins: [
      {
        name: "another number",
        setup(build) {
          build.onLoad({ filter: /\/src\/base\/version\.ts$/ }, ({ path }) => {
            const text = readFileSync(path, "utf8");
            if (!OWN_NUMBER.test(text)) throw new Error(`${path} has no version`);
            const contents = text.replace(OWN_NUMBER, `VERSION = "${version}"`);
            return { contents, loader: "ts" };
          });
        },
      },
    ],
  });
  return outfile;
}
