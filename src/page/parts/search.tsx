import type { VNode } from "preact";
import { usePage } from "../state/use-page.ts";
import { Icon } from "./icon.tsx";

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

/** A choice of one of some values, or of all; it stands in the address by its key. */
export function Choice(props: { name: string; label: string; values: readonly string[] }): VNode {
  const { name, label, values } = props;
  const page = usePage();
  const chosen = page.location.value.query[name] ?? "";
  return (
    <select
      aria-label={label}
      value={chosen}
      onChange={(event) => page.setQuery({ [name]: event.currentTarget.value })}
    >
      <option value="">{label}: all</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </select>
  );
}
