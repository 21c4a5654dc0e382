import type { VNode } from "preact";
import type { AttachmentDetailForm, AttachmentNameForm } from "../../forms/index.ts";
import { Answered, Problems } from "../parts/answered.tsx";
import { Icon } from "../parts/icon.tsx";
import { ViewLink } from "../parts/link.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Text } from "../parts/text.tsx";
import { attachmentResource } from "../source/resources.ts";
import { useAnswer } from "../state/use-page.ts";
import { nameOf } from "../words/names.ts";
import { ATTACHMENT_STATES } from "../words/states.ts";
import { Comparison } from "./comparison.tsx";
import { Findings } from "./findings.tsx";
import { History } from "./history.tsx";
import { Identity } from "./identity.tsx";
import { Standing } from "./standing.tsx";
import { Waterfalls } from "./waterfalls.tsx";

/** All that is known of one attachment. */
export function AttachmentView({ name }: { name: AttachmentNameForm }): VNode {
  const answer = useAnswer(attachmentResource(name));
  const detail = answer.value;
  return (
    <>
      <ViewLink to={{ view: "attachments" }} class="back">
        <Icon name="back" />
        All attachments
      </ViewLink>
      <div class="view-head">
        <h1>
          <Text of={detail === undefined ? name.containerId : nameOf(detail)} max={160} />
        </h1>
        {detail === undefined ? null : <StateWord state={ATTACHMENT_STATES[detail.state]} />}
        <span class="said">
          <Text of={name.ifName} /> on <Text of={name.network} />
        </span>
      </div>
      <Answered answer={answer} what="attachment">
        {(value) => <Detail of={value} />}
      </Answered>
    </>
  );
}

function Detail({ of: detail }: { of: AttachmentDetailForm }): VNode {
  return (
    <>
      <Problems of={detail.problems} />
      <Findings of={detail.findings} />
      <Comparison of={detail} />
      <div class="columns">
        <Identity of={detail} />
        <Standing of={detail} />
      </div>
      <Waterfalls of={detail.calls} />
      <History of={detail.history} />
    </>
  );
}
