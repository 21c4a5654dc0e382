/** Other forms of a report: for reviews, for CI. */
import { pathToFileURL } from "node:url";
import { createTwoFilesPatch } from "diff";
import { createColors } from "picocolors";
import { printable } from "../../base/index.ts";
import {
  type Diagnostic,
  type Level,
  type Mended,
  type Report,
  RULE_NAMES,
  ruleOf,
} from "../../validate/index.ts";
import type { CliIo } from "../io.ts";
import { VERSION } from "../version.ts";
import { shown } from "./text.ts";

/** The difference that mending makes, in the unified form that `patch` takes. */
export function textDiff({ file, before, after }: Mended): string {
  const text = createTwoFilesPatch(file, file, before, after, undefined, undefined, { context: 3 });
  return text.replace(/^(?:Index: .*\n)?=+\n/u, "");
}

/** The same for people. */
export function diffOf(mended: Mended, { stdout }: CliIo): string {
  const { red, green, cyan, bold } = createColors(stdout.color);
  const lines = printable(textDiff(mended)).split("\n");
  const painted = lines.map((line) => {
    if (/^(?:---|\+\+\+) /u.test(line)) return bold(line);
    if (line.startsWith("@@")) return cyan(line);
    if (line.startsWith("-")) return red(line);
    return line.startsWith("+") ? green(line) : line;
  });
  return painted.join("\n");
}

const COMMANDS: Readonly<Record<Level, string>> = {
  error: "error",
  warning: "warning",
  note: "notice",
};

/** Workflow commands of GitHub Actions, which show findings in a pull request. */
export function githubLines({ diagnostics }: Report, cwd: string): string {
  return diagnostics.map((each) => githubLine(each, cwd)).join("");
}

function githubLine({ rule, level, file, place, message, help }: Diagnostic, cwd: string): string {
  const values: [string, string | number][] = [["file", shown(file, cwd)]];
  if (place !== undefined) {
    const { line, column, length } = place;
    values.push(["line", line], ["col", column], ["endColumn", column + length]);
  }
  values.push(["title", `hawser ${rule}`]);
  const properties = values
    .map(([key, value]) => `${key}=${escaped(String(value), true)}`)
    .join(",");
  const text = help === undefined ? message : `${message}; to do: ${help}`;
  return `::${COMMANDS[level]} ${properties}::${escaped(text, false)}\n`;
}

/** As the runner reads them back. */
function escaped(text: string, isProperty: boolean): string {
  const plain = text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return isProperty ? plain.replaceAll(":", "%3A").replaceAll(",", "%2C") : plain;
}

const SARIF_LEVELS: Readonly<Record<Level, string>> = {
  error: "error",
  warning: "warning",
  note: "note",
};

/** SARIF 2.1.0, which code scanning and editors read. */
export function sarif({ diagnostics }: Report, cwd: string): string {
  const rules = RULE_NAMES.map((id) => ({
    id,
    shortDescription: { text: ruleOf(id).means },
    defaultConfiguration: { level: SARIF_LEVELS[ruleOf(id).level] },
  }));
  const results = diagnostics.map(({ rule, level, file, place, message, help }) => ({
    ruleId: rule,
    level: SARIF_LEVELS[level],
    message: { text: help === undefined ? message : `${message}. To do: ${help}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(shown(file, cwd)) },
          ...(place === undefined
            ? {}
            : {
                region: {
                  startLine: place.line,
                  startColumn: place.column,
                  endColumn: place.column + place.length,
                },
              }),
        },
      },
    ],
  }));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "hawser validate", version: VERSION, rules } },
        columnKind: "utf16CodeUnits",
        results,
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function uriOf(path: string): string {
  return path.startsWith("/") ? pathToFileURL(path).href : encodeURI(path);
}
