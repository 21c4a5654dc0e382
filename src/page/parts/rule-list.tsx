import type { VNode } from "preact";
import type { RuleForm } from "../../forms/index.ts";
import { ruleWords } from "../words/rules.ts";
import { Mono, Text } from "./text.tsx";

/** Rules and elements: what each does, where it stands, and its own words. */
export function RuleList({ of: rules }: { of: readonly RuleForm[] }): VNode {
  return (
    <ul class="rules">
      {rules.map((rule) => {
        const words = ruleWords(rule);
        return (
          <li key={`${rule.place} ${rule.text}`}>
            {words === undefined ? null : <Text of={words} max={200} />}
            <div>
              <span class="muted">
                <Mono of={rule.place} />
              </span>{" "}
              <Mono of={rule.text} max={1000} />
            </div>
          </li>
        );
      })}
    </ul>
  );
}
