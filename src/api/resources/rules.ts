import { defined } from "../../base/index.ts";
import type { RuleForm, RulesForm } from "../../forms/index.ts";
import { allRules, type OwnedRule } from "../../view/attachments/index.ts";
import { ProblemList } from "./problem.ts";
import { bounded, LIMIT, type Resource } from "./resource.ts";

function ruleForm({ place, text, owners: [owner] }: OwnedRule): RuleForm {
  return { place, text, ...defined({ owner }) };
}

export const rules: Resource = {
  path: "rules",
  summary: "The plugins' rules and elements of the packet filter, each with its owner.",
  parameters: [LIMIT],
  form: "rules",
  answer({ look: { view } }, { query }): RulesForm {
    const problems = new ProblemList();
    const all = allRules(view.attachments, problems.note);
    const { first, more } = bounded(all, query.number("limit"));
    return { rules: first.map(ruleForm), more, problems: problems.texts };
  },
};
