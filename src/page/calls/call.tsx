import type { VNode } from "preact";
import type { CallGroupForm } from "../../forms/index.ts";
import { Answered } from "../parts/answered.tsx";
import { Fact } from "../parts/fact.tsx";
import { Icon } from "../parts/icon.tsx";
import { AttachmentLink, ViewLink } from "../parts/link.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { FullTime } from "../parts/time.tsx";
import { callResource } from "../source/resources.ts";
import { useAnswer } from "../state/use-page.ts";
import { CALL_ENDS } from "../words/states.ts";
import { duration } from "../words/time.ts";
import { WaterfallTable } from "./waterfall-table.tsx";

/** One operation of a runtime: its plugins, their delegates and steps, over time. */
export function CallView({ id }: { id: string }): VNode {
  const answer = useAnswer(callResource(id));
  return (
    <>
      <ViewLink to={{ view: "calls" }} class="back">
        <Icon name="back" />
        All calls
      </ViewLink>
      <Answered answer={answer} what="call">
        {(group) => <Detail group={group} />}
      </Answered>
    </>
  );
}

function Detail({ group }: { group: CallGroupForm }): VNode {
  const { operation, network, ms, failed, time, runtime, netns } = group;
  return (
    <>
      <div class="view-head">
        <h1>
          <Text of={`${operation} ${network}`} max={100} />
        </h1>
        <StateWord state={failed ? CALL_ENDS.failed : CALL_ENDS.done} />
        <span class="said">{duration(ms)}</span>
      </div>
      <section class="card" aria-label="About this call">
        <dl class="facts card-body">
          <Fact title="When">
            <FullTime of={time} />
          </Fact>
          <Fact title="Attachment">
            <AttachmentLink name={group} /> <Mono of={group.ifName} />
          </Fact>
          {runtime === undefined ? null : (
            <Fact title="By">
              <Text of={runtime} max={100} />
            </Fact>
          )}
          <Fact title="Namespace">
            <Mono of={netns === "" ? "none" : netns} />
          </Fact>
        </dl>
      </section>
      <section class="card" aria-label="Waterfall">
        <WaterfallTable of={group} />
      </section>
    </>
  );
}
