import type { VNode } from "preact";
import type { FindingForm } from "../../forms/index.ts";
import { Command } from "../parts/copy.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Text } from "../parts/text.tsx";
import { SEVERITIES } from "../words/states.ts";

const TONES: Readonly<Record<FindingForm["severity"], string>> = {
  error: "bad",
  warning: "warn",
  note: "calm",
};

/** What is not as it should be, and under it what mends it. */
export function Findings({ of: findings }: { of: readonly FindingForm[] }): VNode | null {
  if (findings.length === 0) return null;
  return (
    <>
      {findings.map((finding) => (
        <div key={`${finding.name} ${finding.message}`} class={`notice ${TONES[finding.severity]}`}>
          <p>
            <StateWord state={SEVERITIES[finding.severity]} />{" "}
            <strong>
              <Text of={finding.message} max={1000} />
            </strong>{" "}
            <span class="muted mono">{finding.name}</span>
          </p>
          {finding.remedy === undefined ? null : <Command text={finding.remedy} />}
        </div>
      ))}
    </>
  );
}
