import type { Node } from "jsonc-parser";
import type { Findings } from "../findings.ts";
import { addTemplate, PLACEHOLDER } from "./explain.ts";
import { elementsOf, membersOf } from "./tree.ts";

/** Adds placeholders of templates that stand as texts where their values should. */
export function judgeTemplates(findings: Findings, root: Node): void {
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    open.push(...elementsOf(node), ...membersOf(node).map(({ value }) => value));
    const found = node.type === "string" ? PLACEHOLDER.exec(String(node.value)) : null;
    if (found !== null) addTemplate(findings, node, found[0]);
  }
}
