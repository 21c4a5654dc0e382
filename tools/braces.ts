import type { Source } from "./sources.ts";

/**
 * The one style of braces: a statement that fits on the line of its `if`, `for` or `while` stands there
 * without them, and every other one has them.
 */

const LINE_MAX = 100;
const BRACED = /^( *)((?:if|for|while) \(.*\)) \{$/u;
const BARE = /^( *)(?:if|for|while) \(.*\)$/u;
/** What has a name of its own, or a block or a remark, keeps its braces. */
const KEEPS_BRACES =
  /^(?:\/\/|\/\*|\*|(?:const|let|using|await using|function|class|if|for|while)\b)/u;

export function braceProblems({ path, text }: Source): string[] {
  if (!/\.tsx?$/u.test(path)) return [];
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    const place = `${path}:${at + 1}`;
    const [next = "", end = "", after = ""] = lines.slice(at + 1, at + 4);
    const statement = next.trim();
    const [, indent = "", head = ""] = BRACED.exec(line) ?? [];
    const isShort =
      head !== "" &&
      isBalanced(head) &&
      end === `${indent}}` &&
      statement.endsWith(";") &&
      !KEEPS_BRACES.test(statement) &&
      !after.trim().startsWith("else") &&
      `${indent}${head} ${statement}`.length <= LINE_MAX;
    if (isShort) return [`${place}: one short statement stands on the line of its condition`];
    const isBare = BARE.test(line) && isBalanced(line) && statement.endsWith(";");
    return isBare ? [`${place}: a statement on a line of its own has braces`] : [];
  });
}

function isBalanced(text: string): boolean {
  return text.split("(").length === text.split(")").length;
}
