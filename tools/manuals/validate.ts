import { RULE_NAMES, ruleOf } from "../../src/validate/index.ts";
import { type WrittenPart, withPart } from "../written-part.ts";

/** The table of rules in docs/validate.md, made of the rules as the command has them. */

export const VALIDATE_DOCUMENT = "docs/validate.md";

const PART: WrittenPart = {
  begin: "<!-- rules of hawser validate, written by `npm run manuals` -->",
  end: "<!-- end of rules -->",
};

/** The document with its table written anew. */
export function withRules(document: string): string {
  const rows = RULE_NAMES.map((name) => {
    const { level, means } = ruleOf(name);
    return `| \`${name}\` | ${level} | ${means} |`;
  });
  const table = ["| rule | level | what it means |", "| --- | --- | --- |", ...rows].join("\n");
  return withPart(document, PART, table);
}
