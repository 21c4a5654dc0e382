import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type KeyRow, keysOf } from "../../src/cli/manual/keys.ts";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { type Example, readExamples } from "./example.ts";
import { printForReaders } from "./json.ts";
import { schemaOf } from "./schema-of.ts";

/** The README of a plugin, made of what its folder has. */

/** From the top of the repository. */
export function readmePath(plugin: string): string {
  return `src/plugins/${plugin}/README.md`;
}

/** The whole text. */
export async function readme(plugin: string): Promise<string> {
  const manual = readFileSync(join(ROOT, "src/plugins", plugin, "manual.md"), "utf8").trim();
  const first = manual.search(/^## /m);
  const lead = first < 0 ? manual : manual.slice(0, first).trim();
  const sections = first < 0 ? [] : [manual.slice(first).trim()];
  const parts = [
    "<!-- Written by `npm run manuals` from manual.md, config.ts and examples/. -->",
    `# ${plugin}`,
    lead,
    "## Keys",
    keyTable(keysOf(await schemaOf(plugin))),
    "## Examples",
    ...readExamples(plugin).flatMap(exampleParts),
    ...sections,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** Where the manual pages have the beginning of each manual from. */
export const LEADS = "src/cli/manual/leads.ts";
const WIDTH = 100;

/** The first paragraph of each plugin's manual, as a module. */
export function leads(): string {
  const members = [...PLUGIN_NAMES].sort().map((plugin) => {
    const manual = readFileSync(join(ROOT, "src/plugins", plugin, "manual.md"), "utf8");
    const text = manual.trim().split("\n\n", 1)[0]?.replaceAll("\n", " ") ?? "";
    const value = text.includes('"') ? `'${text}'` : JSON.stringify(text);
    const line = `  ["${plugin}", ${value}],`;
    return line.length <= WIDTH ? line : `  [\n    "${plugin}",\n    ${value},\n  ],`;
  });
  return [
    "/** Written by `npm run manuals`: how the manual of each plugin begins. */",
    "export const LEADS: ReadonlyMap<string, string> = new Map([",
    ...members,
    "]);\n",
  ].join("\n");
}

function keyTable(rows: readonly KeyRow[]): string {
  if (rows.length === 0) return "None.";
  const lines = rows.map(({ key, type, fallback, required, meaning }) => {
    const absent = fallback === undefined ? "–" : `\`${fallback}\``;
    const cells = [
      `\`${key}\``,
      type,
      required ? "required" : absent,
      meaning.replaceAll("|", "\\|"),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| key | type | default | meaning |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function exampleParts(example: Example): string[] {
  const { title, text, host, container, daemons, network, args, capabilityArgs } = example;
  const given = Object.keys(capabilityArgs).length > 0;
  return [
    `### ${title}`,
    text,
    fenced("json", printForReaders(network)),
    ...(args === "" ? [] : [`With \`CNI_ARGS\` \`${args}\`.`]),
    ...(given ? ["From the runtime:", fenced("json", printForReaders(capabilityArgs))] : []),
    ...commands("On the host there is before:", host),
    ...commands(
      "On the host these run:",
      daemons.map(({ run }) => run),
    ),
    ...commands("In the container there is before:", container),
    'ADD answers (`"*"` is another value each time):',
    fenced("json", printForReaders(example.result)),
    ...judgeParts(example),
  ];
}

function commands(words: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [words, fenced("sh", lines.join("\n"))];
}

function judgeParts({ judge }: Example): string[] {
  if (judge.length === 0) return [];
  const lines = judge.map(({ at, run, contains }) => {
    const place = at === "host" ? "on the host" : "in the container";
    return `- ${place} \`${run}\` shows \`${contains}\``;
  });
  return ["Then", lines.join("\n")];
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
