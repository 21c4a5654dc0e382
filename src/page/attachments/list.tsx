import type { VNode } from "preact";
import type { AttachmentForm, AttachmentStateForm, AttachmentsForm } from "../../forms/index.ts";
import { Answered, Empty, More, Problems } from "../parts/answered.tsx";
import { Command } from "../parts/copy.tsx";
import { Choice, NothingLeft, Search } from "../parts/search.tsx";
import { ShapeSign } from "../parts/shape.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer, usePage } from "../state/use-page.ts";
import { ATTACHMENT_STATES } from "../words/states.ts";
import { count } from "../words/text.ts";
import { chosenRows, type RowChoice } from "./rows.ts";
import { AttachmentTable } from "./table.tsx";

export function ListView(): VNode {
  const answer = useAnswer(RESOURCES.attachments);
  const { query } = usePage().location.value;
  const choice: RowChoice = {
    ...{ text: query["text"] ?? "", network: query["network"] ?? "" },
    ...{ state: query["state"] ?? "", sort: query["sort"] ?? "" },
  };
  const all = answer.value?.attachments ?? [];
  const rows = chosenRows(all, choice);
  const networks = [...new Set(all.map(({ network }) => network))].toSorted();
  const isPart = rows.length !== all.length;
  const said = `${isPart ? `${rows.length.toLocaleString("en")} of ` : ""}${count(all.length, "attachment")}`;
  return (
    <>
      <ViewHead title="Attachments" said={answer.value === undefined ? undefined : said}>
        <Search label="Search pod, address, port …" />
        <Choice name="network" label="Network" values={networks} />
      </ViewHead>
      <Answered answer={answer} what="attachments">
        {(value) => <Listing value={value} rows={rows} choice={choice} />}
      </Answered>
    </>
  );
}

function Listing(props: {
  value: AttachmentsForm;
  rows: readonly AttachmentForm[];
  choice: RowChoice;
}): VNode {
  const { value, rows, choice } = props;
  if (value.attachments.length === 0) return <EmptyNode problems={value.problems} />;
  return (
    <>
      <Problems of={value.problems} />
      <States attachments={value.attachments} chosen={choice.state} />
      {value.more ? <More shown={value.attachments.length} what="attachment" /> : null}
      {rows.length === 0 ? (
        <NothingLeft title="No attachment is like that" />
      ) : (
        <AttachmentTable rows={rows} sort={choice.sort} />
      )}
    </>
  );
}

function EmptyNode({ problems }: { problems: readonly string[] }): VNode {
  return (
    <>
      <Problems of={problems} />
      <Empty title="Nothing is attached yet">
        <p>
          As soon as a runtime attaches a container to a network, it stands here. By hand, where{" "}
          <code>dbnet</code> is a network of this node:
        </p>
        <Command text="hawser add dbnet /run/netns/blue" />
      </Empty>
    </>
  );
}

/** How many are in each state; each is a switch that shows these alone. */
function States(props: { attachments: readonly AttachmentForm[]; chosen: string }): VNode {
  const page = usePage();
  const { attachments, chosen } = props;
  const counts = new Map<AttachmentStateForm, number>();
  for (const { state } of attachments) counts.set(state, (counts.get(state) ?? 0) + 1);
  const states = Object.keys(ATTACHMENT_STATES) as AttachmentStateForm[];
  return (
    <fieldset class="choices" aria-label="States">
      {states
        .filter((state) => counts.has(state) || chosen === state)
        .map((state) => (
          <button
            key={state}
            type="button"
            aria-pressed={chosen === state}
            title={ATTACHMENT_STATES[state].meaning}
            onClick={() => page.setQuery({ state: chosen === state ? "" : state })}
          >
            <ShapeSign
              shape={ATTACHMENT_STATES[state].shape}
              tone={ATTACHMENT_STATES[state].tone}
            />
            {ATTACHMENT_STATES[state].word}
            <span class="number">{(counts.get(state) ?? 0).toLocaleString("en")}</span>
          </button>
        ))}
    </fieldset>
  );
}
