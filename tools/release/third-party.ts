import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { bunParts } from "./bun-parts.ts";
import { bundled } from "./bundled.ts";
import { type Inside, noticesText } from "./notices.ts";

/** Whose work is in what is released: releases, packages and images ask here. */

const LGPL = join(ROOT, "packaging/licenses/LGPL-2.1.txt");

let found: Promise<Inside> | undefined;

/** What others have made of it. The bundler is asked once in a process, whatever is made. */
export async function insideOfRelease(): Promise<Inside> {
  found ??= bundled().then((packages) => {
    return { packages, bunVersion: Bun.version, bunParts: bunParts(process.versions) };
  });
  return await found;
}

/** THIRD-PARTY.txt: the notices with the texts of licences. */
export async function thirdPartyText(): Promise<string> {
  return noticesText(await insideOfRelease(), readFileSync(LGPL, "utf8"));
}
