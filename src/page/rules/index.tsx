import type { VNode } from "preact";
import type { RuleForm, RulesForm } from "../../forms/index.ts";
import { Answered, Empty, More, Problems } from "../parts/answered.tsx";
import { type Column, DataTable, searched } from "../parts/data-table.tsx";
import { AttachmentLink } from "../parts/link.tsx";
import { Choice, NothingLeft, Search } from "../parts/search.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer, usePage, usePods } from "../state/use-page.ts";
import { knownName } from "../words/names.ts";
import { ruleWords } from "../words/rules.ts";
import { count } from "../words/text.ts";

/** Rules and elements of the packet filter that are ours, each with the attachment that it is for. */
export function RulesView(): VNode {
  const answer = useAnswer(RESOURCES.rules);
  const rules = answer.value?.rules ?? [];
  const places = [...new Set(rules.map(({ place }) => place))].toSorted();
  const said =
    answer.value === undefined
      ? undefined
      : count(rules.length, "rule or element", "rules and elements");
  return (
    <>
      <ViewHead title="Rules" said={said}>
        <Search label="Search rule, address, container …" />
        <Choice name="place" label="Where" values={places} />
      </ViewHead>
      <Answered answer={answer} what="rules">
        {(value) => <Listing value={value} />}
      </Answered>
    </>
  );
}

const COLUMNS: readonly Column<RuleForm>[] = [
  {
    title: "Family, table, set or chain",
    look: "wide",
    cell: ({ place }) => <Mono of={place} />,
  },
  { title: "Rule or element", cell: (rule) => <Rule rule={rule} /> },
  {
    title: "For",
    look: "named",
    cell: ({ owner }) =>
      owner === undefined ? <span class="muted">all</span> : <AttachmentLink name={owner} />,
  },
];

/** With what it does, where that is more than its own text says. */
function Rule({ rule }: { rule: RuleForm }): VNode {
  const words = ruleWords(rule);
  return (
    <>
      <Mono of={rule.text} max={600} />
      {words === undefined ? null : (
        <div class="muted">
          <Text of={words} max={200} />
        </div>
      )}
    </>
  );
}

function Listing({ value }: { value: RulesForm }): VNode {
  const { query } = usePage().location.value;
  const place = query["place"] ?? "";
  const pods = usePods();
  const chosen = value.rules.filter((rule) => place === "" || rule.place === place);
  const rows = searched(chosen, query["text"] ?? "", (rule) => {
    const { place: where, text, owner = {} } = rule;
    const names = [owner.network, owner.containerId, owner.ifName, knownName(owner, pods)];
    return [where, text, ruleWords(rule), ...names];
  });
  return (
    <>
      <Problems of={value.problems} />
      {value.more ? <More shown={value.rules.length} what="rule" /> : null}
      {value.rules.length === 0 ? (
        <Empty title="The packet filter has nothing of ours">
          Masquerading, mapped ports and the plugin firewall put something there.
        </Empty>
      ) : rows.length === 0 ? (
        <NothingLeft title="No rule is like that" />
      ) : (
        <DataTable
          caption="Rules and elements"
          columns={COLUMNS}
          rows={rows}
          keyOf={({ place: where, text, owner }) => JSON.stringify([where, text, owner])}
          stacks
        />
      )}
    </>
  );
}
