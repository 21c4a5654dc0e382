import { parseSync } from "oxc-parser";
import type { Example } from "./docs.ts";

/**
 * Examples that check themselves. What a statement gives stands behind it, on its line:
 *
 *     parseArgs("A=1"); // → [["A", "1"]]
 *     parseArgs("A"); // throws CniError 4: invalid CNI_ARGS pair "A"
 *
 * After the arrow stands an expression, which must be deeply equal; after `throws` the error's
 * name, its code if it has one, and at least the beginning of its message.
 */

/** Names that the checks need; no example uses them for something else. */
const GIVES = "exampleGives";
const THROWS = "exampleThrows";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Runnable {
  /** The example as a module that tells of each expectation that did not hold. */
  readonly code: string;
  /** How many expectations it states; all of them have to be met. */
  readonly expectations: number;
}

/** What is put before an example: the checks, which count themselves. */
export const PRELUDE: string = [
  'import { deepStrictEqual as exampleEqual } from "node:assert";',
  "let exampleCount = 0;",
  `const ${GIVES} = (actual: unknown, expected: unknown): void => {`,
  "  exampleEqual(actual, expected);",
  "  exampleCount += 1;",
  "};",
  `const ${THROWS} = async (call: () => unknown, expected: string): Promise<void> => {`,
  "  let said = 'nothing was thrown';",
  "  try {",
  "    await call();",
  "  } catch (error) {",
  "    const { name, code, message } = error as Error & { code?: number };",
  "    said = `$" + "{name}$" + "{code === undefined ? '' : ` $" + "{code}`}: $" + "{message}`;",
  "  }",
  "  exampleEqual(said.startsWith(expected) ? expected : said, expected);",
  "  exampleCount += 1;",
  "};",
  "",
].join("\n");

/** What is put behind an example: the number of expectations that were met. */
export const EPILOGUE = "\nconsole.log(`example: met $" + "{exampleCount}`);\nexport {};\n";

/** Makes a module of an example; `resolve` tells what stands for a module that it imports. */
export function runnable({ name, code }: Example, resolve: (module: string) => string): Runnable {
  const { program, module, comments, errors } = parseSync("example.ts", code);
  const [error] = errors;
  if (error !== undefined) {
    throw new Error(`${name}: the example cannot be parsed: ${error.message}`);
  }
  const edits: Edit[] = module.staticImports.map(({ moduleRequest: { start, end, value } }) => {
    return { start, end, text: JSON.stringify(resolve(value)) };
  });
  const statements = expressionStatements(program);
  let expectations = 0;
  for (const comment of comments) {
    const [, word, expected = ""] = /^ (→|throws) (.+)$/.exec(comment.value) ?? [];
    if (word === undefined) continue;
    const statement = statements.findLast(
      ({ end }) => end <= comment.start && /^[ ]*$/.test(code.slice(end, comment.start)),
    );
    if (statement === undefined) {
      throw new Error(`${name}: no statement ends right before "//${comment.value}"`);
    }
    const text = code.slice(statement.start, statement.end).replace(/;$/, "");
    const check =
      word === "→"
        ? `${GIVES}(${text}, ${expected});`
        : `await ${THROWS}(async () => ${text}, ${JSON.stringify(expected)});`;
    edits.push({ start: statement.start, end: statement.end, text: check });
    expectations += 1;
  }
  if (expectations === 0) {
    throw new Error(`${name}: the example states no expectation, as "// → value"`);
  }
  return { code: PRELUDE + applied(code, edits) + EPILOGUE, expectations };
}

function applied(code: string, edits: readonly Edit[]): string {
  const backwards = [...edits].sort((a, b) => b.start - a.start);
  return backwards.reduce(
    (text, { start, end, text: part }) => text.slice(0, start) + part + text.slice(end),
    code,
  );
}

/** The statements that are an expression, in the order of their ends. */
function expressionStatements(program: Node): Node[] {
  const found: Node[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
    } else if (isNode(value)) {
      if (value.type === "ExpressionStatement") found.push(value);
      Object.values(value).forEach(visit);
    }
  };
  visit(program);
  return found.sort((a, b) => a.end - b.end);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
