import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/files.ts";

/** What packages say of the project. */

const about = v.object({ author: v.string(), homepage: v.string() });

/** What package.json says of the project. */
export function aboutProject(): v.InferOutput<typeof about> {
  return v.parse(about, JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
}

/** As dpkg orders versions: a candidate comes before its release. */
export function packageVersion(version: string): string {
  return version.replace("-", "~");
}

const MS = 1000;

/**
 * The changelog that Debian's programs read (`apt changelog` and its like), in their form: one entry, which leads to
 * the project's own.
 */
export function debianChangelog(version: string, epochSeconds: number): string {
  const date = new Date(epochSeconds * MS).toUTCString().replace("GMT", "+0000");
  return [
    `hawser (${version}) stable; urgency=medium`,
    "",
    `  * Hawser ${version}; what has changed stands in CHANGELOG.md.gz beside this file.`,
    "",
    ` -- ${aboutProject().author} <>  ${date}`,
    "",
  ].join("\n");
}
