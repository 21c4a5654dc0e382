import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import type { PageSource } from "./source.ts";

/** A page for each command of `hawser`: what its help says, which tests/golden keeps. */

const FOLDER = "tests/golden/help";

export function commandPages(): PageSource[] {
  return readdirSync(join(ROOT, FOLDER))
    .sort()
    .map((file) => {
      const name = file.replace(/\.txt$/, "");
      const help = readFileSync(join(ROOT, FOLDER, file), "utf8");
      return {
        path: `${FOLDER}/${file}`,
        address: `commands/${name}.html`,
        label: nameOf(help),
        markdown: commandPage(help),
      };
    });
}

function nameOf(help: string): string {
  return /^Usage: (hawser[a-z ]*?) ?(?:\[|<|$)/m.exec(help)?.[1] ?? "hawser";
}

function commandPage(help: string): string {
  const name = nameOf(help);
  const [usage = "", words = "", ...parts] = help.trimEnd().split(/\n\n/);
  const sections = parts.map((part) => {
    const [, title, body] = /^(\w[\w ]*):\n([\s\S]*)$/.exec(part) ?? [];
    if (title === undefined || body === undefined) return fenced("text", part);
    const code = body.replaceAll(/^ {2}/gm, "");
    return `## ${title}\n\n${fenced(title === "Examples" ? "sh" : "text", code)}`;
  });
  const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith(".") ? "" : "."}`;
  const more = "[The command line](../../../docs/cli.md) explains what they have in common.";
  const head = [`# ${name}`, sentence, fenced("text", usage.replace(/^Usage: /, ""))];
  return [...head, ...sections, more].join("\n\n");
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
