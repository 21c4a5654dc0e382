import type { Source } from "./sources.ts";

/** Rules that no linter has. Each names what to do instead. */

export const LINES_MAX = 400;

/** Files that may read the environment: they hand it on as a value. Each with the reason. */
const ENVIRONMENT_DOORS: ReadonlyMap<string, string> = new Map([
  ["src/runtime/runtime.ts", "the runtime's door: the default of its option env"],
]);

interface BannedWord {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Where the ban holds; everywhere when absent. */
  readonly where?: (path: string) => boolean;
}

const BANNED: readonly BannedWord[] = [
  {
    pattern: /\bconsole\.(?:log|info|debug|table)\(/,
    instead: "stdout belongs to the protocol: return the text, or write to the stream handed in",
    where: (path) => isProduct(path) && !path.startsWith("src/cli/"),
  },
  {
    // Not in a sentence: "as any other".
    pattern: /\bas any\b(?! (?!as\b)\w)/,
    instead: "decode the value with a schema, or narrow `unknown`",
  },
  {
    pattern: /\b(?:FIXME|TODO|XXX|HACK)\b/,
    instead: "do it now, or open an issue",
  },
  {
    // Not in an example, which is a program of its own.
    pattern: /(?<!^ +\* .*)\b(?:process|Bun)\.env\b/,
    instead: "take the environment as an argument; main.ts hands it in",
    where: (path) => isProduct(path) && !path.endsWith("/main.ts") && !ENVIRONMENT_DOORS.has(path),
  },
  {
    pattern:
      /\b(?:dangerouslySetInnerHTML|(?:inner|outer)HTML|insertAdjacentHTML|srcdoc)\b|\bdocument\.write/,
    instead: "texts come from containers: put them into the document as text, never as markup",
    where: (path) => path.startsWith("src/page/") || path.startsWith("site/"),
  },
  {
    pattern: /\b(?:test|it|describe)\.(?:only|todo)\(/,
    instead: "run all tests; one alone is chosen with -t",
  },
  {
    pattern: /\/(?:work|builds|home\/\w+)\//,
    instead: "no paths of one machine: build it from import.meta.url or a temporary directory",
  },
  {
    pattern: /\berror\.message\s*[!=]==|\.message\.includes\(/,
    instead: "decide by the error's code or class, never by its text",
    where: isProduct,
  },
];

/** An ignore comment, and the reason it has to give in its own syntax. */
const IGNORE = /(?:biome-ignore|oxlint-disable|eslint-disable|@ts-(?:ignore|expect-error|nocheck))/;
const REASONED =
  /biome-ignore\S* [\w/]+(?:\(\S+\))?: \S.{9}|lint-disable.* -- \S.{9}|@ts-expect-error:? \S.{9}/;

export function tidyProblems(source: Source): string[] {
  return [...lineProblems(source), ...lengthProblems(source)];
}

function lengthProblems({ path, text }: Source): string[] {
  const count = text.split("\n").length - 1;
  if (count <= LINES_MAX) return [];
  return [`${path}: ${count} lines, of ${LINES_MAX} at most: split it by what it is about`];
}

function lineProblems({ path, text }: Source): string[] {
  const banned = BANNED.filter(({ where }) => where === undefined || where(path));
  return text.split("\n").flatMap((line, index) => {
    const place = `${path}:${index + 1}`;
    const problems = banned.flatMap(({ pattern, instead }) => {
      const word = pattern.exec(line)?.[0];
      return word === undefined ? [] : [`${place}: ${word}: ${instead}`];
    });
    if (!path.endsWith(".md") && IGNORE.test(line) && !REASONED.test(line)) {
      problems.push(`${place}: an ignore comment says why it is there`);
    }
    return problems;
  });
}

function isProduct(path: string): boolean {
  return path.startsWith("src/") && !path.endsWith(".test.ts") && !path.includes("/testdata/");
}

/** File names: words in small letters, joined by "-", and the kind of test at the end. */
export function isGoodFileName(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:netns|node|client))?(?:\.test)?(?:\.d)?\.(?:tsx?|mjs)$/.test(
    name,
  );
}
