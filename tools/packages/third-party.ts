import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bunParts } from "../release/bun-parts.ts";
import { bundled } from "../release/bundled.ts";
import { noticesText } from "../release/notices.ts";
import { ROOT } from "../test/files.ts";

/** Whose work is in the executable: the text of releases, for packages and images. */

const LGPL = join(ROOT, "packaging/licenses/LGPL-2.1.txt");

let text: Promise<string> | undefined;

/** The notices with the texts of licences. The bundler is asked once, whatever is made. */
export async function thirdPartyText(): Promise<string> {
  text ??= ask();
  return await text;
}

async function ask(): Promise<string> {
  const inside = {
    packages: await bundled(),
    bunVersion: Bun.version,
    bunParts: bunParts(process.versions),
  };
  return noticesText(inside, readFileSync(LGPL, "utf8"));
}
