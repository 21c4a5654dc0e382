import { MISSING_PROGRAM } from "../../tests/support/programs.ts";
import type { Outcome, Status } from "./outcome.ts";

/** Reads the report that `bun test --reporter=junit` writes. */

const TEST_CASE = /<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs;
const ATTRIBUTE = /([\w-]+)="([^"]*)"/g;
const ENTITY = /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi;
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

/** `ci` is the environment's CI: where it is "true", every program has been installed. */
export function parseJunit(xml: string, ci: string | undefined = process.env["CI"]): Outcome[] {
  return [...xml.matchAll(TEST_CASE)].map(([, head = "", body = ""]) => {
    const attributes = new Map(
      [...head.matchAll(ATTRIBUTE)].map(([, key = "", value = ""]) => [key, decode(value)]),
    );
    // The innermost describe block comes first in "classname".
    const groups = (attributes.get("classname") ?? "").split(" > ").reverse();
    const name = [...groups, attributes.get("name") ?? ""].filter((part) => part !== "");
    const file = attributes.get("file") ?? "?";
    const missing = missingProgram(body);
    if (missing === undefined) return { file, name: name.join(" > "), status: statusOf(body) };
    return withoutProgram({ file, name: name.join(" > "), status: "failed" }, missing, ci);
  });
}

/** The name that reports give to a hook: what fails in one fails for all tests of the file. */
export const HOOK = "(unnamed)";

/** Whether a test of the report has missed a program. */
export function lacksProgram(xml: string): boolean {
  return MISSING.test(xml);
}

/** An error of this class as the text of a failure has it, at the beginning of a line. */
const MISSING = new RegExp(`(?:>|&#10;)${MISSING_PROGRAM}: ([^&<]+)`);

/**
 * The program whose absence a test or one of its hooks has met. It may not be the first error: where
 * the one before could not be cleared up, a test finds what it does not expect.
 */
function missingProgram(body: string): string | undefined {
  return MISSING.exec(body)?.[1];
}

/** A skip that says what the machine lacks; where everything was installed, a failure. */
function withoutProgram({ file, name }: Outcome, program: string, ci: string | undefined): Outcome {
  const title = name === HOOK ? "all tests" : name;
  return ci === "true"
    ? {
        file,
        name: `${title}: ${program} is missing, though \`npm run setup\` installs it`,
        status: "failed",
      }
    : { file, name: `${title} (skipped: needs ${program})`, status: "skipped" };
}

function statusOf(body: string): Status {
  if (/<(?:failure|error)\b/.test(body)) return "failed";
  return body.includes("<skipped") ? "skipped" : "passed";
}

function decode(text: string): string {
  return text.replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return String.fromCodePoint(code);
  });
}
