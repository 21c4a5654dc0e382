import type { RulesForm } from "../../forms/index.ts";
import { allRules } from "../../view/attachments/index.ts";
import type { Problem } from "../../view/sources/index.ts";
import { problemText } from "./problem.ts";
import { bounded, LIMIT, type Resource } from "./resource.ts";

export const rules: Resource = {
  path: "rules",
  summary: "The plugins' rules and elements of the packet filter, each with its owner.",
  parameters: [LIMIT],
  form: "rules",
  answer({ look: { view } }, { query }): RulesForm {
    const problems: Problem[] = [];
    const all = allRules(view.attachments, (problem) => problems.push(problem));
    const { first, more } = bounded(all, query.number("limit"));
    return { rules: first, more, problems: problems.map(problemText) };
  },
};
