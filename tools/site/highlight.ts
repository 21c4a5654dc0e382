import { createRequire } from "node:module";
import { escapeHtml } from "./html.ts";

/** Code as HTML whose parts have classes; the style sheet gives them colours for light and dark. */

/** As much of highlight.js as is used: its own types bring those of a browser into the whole program. */
interface Highlighter {
  registerLanguage(name: string, language: unknown): void;
  getLanguage(name: string): unknown;
  highlight(code: string, options: { readonly language: string }): { readonly value: string };
}

const require = createRequire(import.meta.url);
const hljs = require("highlight.js/lib/core") as Highlighter;

const LANGUAGES = [
  "bash",
  "c",
  "css",
  "go",
  "ini",
  "json",
  "markdown",
  "typescript",
  "xml",
  "yaml",
];
for (const name of LANGUAGES) {
  hljs.registerLanguage(name, require(`highlight.js/lib/languages/${name}`));
}

/** What documents and file names call a language that has another name here. */
const ALIASES: Readonly<Record<string, string>> = {
  ...{ sh: "bash", shell: "bash", ts: "typescript", tsx: "typescript", mjs: "typescript" },
  ...{ js: "typescript", jsonc: "json", conflist: "json", conf: "json", toml: "ini" },
  ...{ service: "ini", socket: "ini", env: "bash", yml: "yaml", html: "xml", svg: "xml" },
  ...{ h: "c", md: "markdown", hcl: "ini" },
};

export function highlight(code: string, language: string): string {
  if (language === "console") return session(code);
  const name = ALIASES[language] ?? language;
  if (hljs.getLanguage(name) === undefined) return escapeHtml(code);
  return hljs.highlight(code, { language: name }).value;
}

/** What is typed stands out from what is answered. */
function session(code: string): string {
  const lines = code.split("\n").map((line) => {
    if (!line.startsWith("$ ")) return escapeHtml(line);
    return `<span class="prompt">$ </span><b>${escapeHtml(line.slice(2))}</b>`;
  });
  return lines.join("\n");
}
