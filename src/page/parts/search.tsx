import type { VNode } from "preact";
import { usePage } from "../state/use-page.ts";
import { shown } from "../words/text.ts";
import { Empty } from "./answered.tsx";
import { Icon } from "./icon.tsx";

/** Names of networks may be as long as files' names. */
const OPTION_MAX = 60;

/** The search of a view; what is typed stands in the address, as `text`. */
export function Search({ label }: { label: string }): VNode {
  const page = usePage();
  const { query } = page.location.value;
  return (
    <label class="search">
      <Icon name="search" />
      <span class="unseen">{label}</span>
      <input
        type="search"
        placeholder={label}
        value={query["text"] ?? ""}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => page.setQuery({ text: event.currentTarget.value })}
      />
    </label>
  );
}

/**
 * A choice of one of some values, or of all; it stands in the address by its key. A link may have chosen what is
 * not there any more: that can be seen, and left. Where there is nothing to choose it is not there.
 */
export function Choice(props: {
  name: string;
  label: string;
  values: readonly string[];
}): VNode | null {
  const { name, label, values } = props;
  const page = usePage();
  const chosen = page.location.value.query[name] ?? "";
  const isGone = chosen !== "" && !values.includes(chosen);
  if (values.length < 2 && chosen === "") return null;
  return (
    <select
      aria-label={label}
      value={chosen}
      onChange={(event) => page.setQuery({ [name]: event.currentTarget.value })}
    >
      <option value="">{label}: all</option>
      {[...values, ...(isGone ? [chosen] : [])].map((value) => (
        <option key={value} value={value}>
          {shown(value, OPTION_MAX)}
        </option>
      ))}
    </select>
  );
}

const NO_CHOICE = { text: "", network: "", state: "", place: "" };

/** What is said where a search and choices leave nothing: they may be of a link, and of what has gone since. */
export function NothingLeft({ title }: { title: string }): VNode {
  const page = usePage();
  return (
    <Empty title={title}>
      <button type="button" onClick={() => page.setQuery(NO_CHOICE)}>
        Show all
      </button>
    </Empty>
  );
}
