import type { BunPart } from "./bun-parts.ts";
import type { Bundled } from "./bundled.ts";

/** THIRD-PARTY.txt: whose work is inside of the executable, and under which licences. */

export interface Inside {
  readonly packages: readonly Bundled[];
  readonly bunVersion: string;
  readonly bunParts: readonly BunPart[];
}

const RULE = "-".repeat(78);

/** @param lgpl the text of the licence of those parts that a user may replace */
export function noticesText({ packages, bunVersion, bunParts }: Inside, lgpl: string): string {
  const inside = packages.filter(({ parts }) => parts.some((part) => part !== "npm package"));
  return [
    "Hawser is licensed under the Apache License 2.0; see the file LICENSE. Its executable has work of",
    "others inside, under licences of their own: Bun, which runs it, and the packages below.",
    "",
    RULE,
    `Bun ${bunVersion}`,
    `MIT; https://github.com/oven-sh/bun/blob/bun-v${bunVersion}/LICENSE.md`,
    "",
    "Bun has these libraries inside, and small pieces of others that its page names:",
    "",
    ...bunParts.map(({ name, version, license, source }) => {
      return `  ${name} ${version}\n    ${license}; ${source}`;
    }),
    "",
    "JavaScriptCore and TinyCC are licensed under the GNU Lesser General Public License, whose text",
    "stands at the end. Hawser's sources, with the script that builds the executable, are public, and so",
    "are those of Bun and of its libraries: with a changed library, build Bun as its page says, put it in",
    "the place of node_modules/bun/bin/bun.exe in a clone of Hawser, and run `npm run build`.",
    "",
    ...inside.flatMap(packageLines),
    RULE,
    "GNU Lesser General Public License 2.1, for JavaScriptCore and TinyCC",
    "",
    lgpl.trimEnd(),
    "",
  ].join("\n");
}

function packageLines({ name, version, license, texts }: Bundled): string[] {
  const all = Object.entries(texts);
  const own =
    all.length === 0
      ? [`The package brings no text. The name of the licence is one of https://spdx.org/licenses.`]
      : all.flatMap(([file, text]) => [`(${file})`, "", text]);
  return [RULE, `${name} ${version}`, license, "", ...own, ""];
}
