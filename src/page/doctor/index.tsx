import type { VNode } from "preact";
import type { FindingsForm, PlacedFindingForm, StageForm } from "../../forms/index.ts";
import { Answered, Empty } from "../parts/answered.tsx";
import { Command } from "../parts/copy.tsx";
import { AttachmentLink, ViewLink } from "../parts/link.tsx";
import { ShapeSign } from "../parts/shape.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Text } from "../parts/text.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer } from "../state/use-page.ts";
import { SEVERITIES, STAGES } from "../words/states.ts";
import { count, joined } from "../words/text.ts";

/** What is not as it should be, by weight, each with what mends it. */
export function DoctorView(): VNode {
  const answer = useAnswer(RESOURCES.findings);
  const said = answer.value === undefined ? undefined : summary(answer.value.findings);
  return (
    <>
      <ViewHead title="Doctor" said={said} />
      <Answered answer={answer} what="findings">
        {(value) => <Listing value={value} />}
      </Answered>
    </>
  );
}

const WEIGHTS = ["error", "warning", "note"] as const;
const HEADS = { error: "Does not work", warning: "To be looked at", note: "Good to know" } as const;

function summary(findings: readonly PlacedFindingForm[]): string {
  const parts = WEIGHTS.flatMap((weight) => {
    const number = findings.filter(({ severity }) => severity === weight).length;
    return number === 0 ? [] : [count(number, weight)];
  });
  return parts.length === 0 ? "nothing was found" : joined(parts);
}

function Listing({ value }: { value: FindingsForm }): VNode {
  const { findings, stages } = value;
  return (
    <>
      {findings.length === 0 ? (
        <Empty title="Everything is as it should be">
          <p>Of one container more can be asked: every stage of the way of its packets.</p>
          <Command text="hawser doctor CONTAINER" />
        </Empty>
      ) : (
        WEIGHTS.map((weight) => <Group key={weight} weight={weight} findings={findings} />)
      )}
      {stages.length === 0 ? null : <Stages of={stages} />}
    </>
  );
}

function Group(props: {
  weight: (typeof WEIGHTS)[number];
  findings: readonly PlacedFindingForm[];
}): VNode | null {
  const { weight, findings } = props;
  const own = findings.filter(({ severity }) => severity === weight);
  if (own.length === 0) return null;
  const { shape, tone } = SEVERITIES[weight];
  return (
    <section class="card" aria-labelledby={`weight-${weight}`}>
      <div class="card-head">
        <h2 id={`weight-${weight}`} class="state">
          <ShapeSign shape={shape} tone={tone} />
          {HEADS[weight]}
        </h2>
        <span class="muted">{count(own.length, weight)}</span>
      </div>
      <ul class="findings">
        {own.map((finding) => (
          <li key={JSON.stringify([finding.name, finding.message, finding.about])}>
            <Finding finding={finding} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Finding({ finding }: { finding: PlacedFindingForm }): VNode {
  const { name, message, remedy, about, mapNode, by, stage } = finding;
  return (
    <>
      <div class="finding-head">
        <strong>
          <Text of={message} max={1000} />
        </strong>
        <span class="mono muted">{name}</span>
      </div>
      <div class="finding-links muted">
        {about === undefined ? null : (
          <span>
            <AttachmentLink name={about} />
            {about.network === undefined ? null : (
              <>
                {" "}
                on <Text of={about.network} max={60} />
              </>
            )}
          </span>
        )}
        {mapNode === undefined ? null : (
          <ViewLink to={{ view: "map", query: { node: mapNode } }}>On the map</ViewLink>
        )}
        <span>
          {by === "doctor"
            ? `found by the doctor${stage === undefined ? "" : `, ${stage}`}`
            : "found by ls"}
        </span>
      </div>
      {remedy === undefined ? null : <Command text={remedy} />}
    </>
  );
}

/** The questions that the doctor asked of the node as a whole. */
function Stages({ of: stages }: { of: readonly StageForm[] }): VNode {
  return (
    <section class="card" aria-labelledby="stages">
      <div class="card-head">
        <h2 id="stages">Stages of the node</h2>
      </div>
      <ul class="stages card-body">
        {stages.map(({ name, title, state, looked, note }) => (
          <li key={name}>
            <StateWord state={STAGES[state]} />
            <span>
              <Text of={title} />
              {note === undefined ? null : (
                <span class="muted">
                  {" "}
                  <Text of={note} max={300} />
                </span>
              )}
              {looked.length === 0 ? null : (
                <details>
                  <summary class="muted">what was looked at</summary>
                  <ul>
                    {looked.map((line) => (
                      <li key={line}>
                        <Text of={line} max={500} />
                      </li>
                    ))}
                  </ul>
                </details>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
