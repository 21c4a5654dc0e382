import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/files.ts";

/** Whose work is in the executable, in the form that Debian reads. */

const MODULES = join(ROOT, "node_modules");
const IMPORT = /(?:from|import\() ?"((?:@[\w.-]+\/)?[\w-][\w.-]*)/g;

const manifest = v.object({
  name: v.string(),
  version: v.string(),
  license: v.optional(v.string(), "see its text"),
  dependencies: v.optional(v.record(v.string(), v.string()), {}),
});

const HEAD = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: hawser

Files: *
Copyright: the authors of Hawser
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.

Files: usr/lib/hawser/hawser
Copyright: the authors of Hawser, of Bun, and of the libraries below
License: Apache-2.0 and others
 The executable contains Bun (https://bun.sh, MIT), which is linked with JavaScriptCore (LGPL-2; its
 text is in /usr/share/common-licenses/LGPL-2 on Debian systems; Bun's sources say how it is built
 anew), and these libraries:
`;

/** The text of `copyright`: Hawser's own licence, and that of each library with its text. */
export function copyrightText(): string {
  const parts = bundledPackages().map((name) => {
    const { version, license } = read(name);
    const title = ` .\n ${name} ${version} (${license})`;
    return [title, ...licenceLines(name)].join("\n");
  });
  return `${HEAD}${parts.join("\n")}\n`;
}

/** The packages that the sources of the executable import, and what these need. */
function bundledPackages(): string[] {
  const found = new Set<string>();
  for (const path of new Bun.Glob("src/**/*.{ts,tsx}").scanSync({ cwd: ROOT })) {
    if (/\.test\.tsx?$/.test(path)) continue;
    const text = readFileSync(join(ROOT, path), "utf8");
    for (const [, name = ""] of text.matchAll(IMPORT)) {
      if (existsSync(join(MODULES, name, "package.json"))) found.add(name);
    }
  }
  const all = [...found];
  for (const name of all) {
    for (const needed of Object.keys(read(name).dependencies)) {
      if (!all.includes(needed) && existsSync(join(MODULES, needed))) all.push(needed);
    }
  }
  return all.sort();
}

function read(name: string): v.InferOutput<typeof manifest> {
  return v.parse(manifest, JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8")));
}

function licenceLines(name: string): string[] {
  const dir = join(MODULES, name);
  const files = readdirSync(dir).filter((file) => /^(licen[sc]e|notice)/i.test(file));
  return files.sort().flatMap((file) => {
    const lines = readFileSync(join(dir, file), "utf8").trimEnd().split(/\r?\n/);
    return lines.map((line) => (line.trim() === "" ? " ." : `  ${line}`));
  });
}
