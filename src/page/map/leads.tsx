import type { VNode } from "preact";
import { Fact } from "../parts/fact.tsx";
import { Text } from "../parts/text.tsx";
import type { Selection } from "../state/selection.ts";
import { usePage } from "../state/use-page.ts";

/** So many of a kind are enough beside a drawing. */
export const LEADS_MAX = 20;

/** Something of the map that a fact leads to. */
export interface Lead {
  readonly text: string;
  readonly to: Selection;
}

/** A fact that is things of the map: each is a button that chooses it. */
export function Leads(props: { title: string; what?: string; to: readonly Lead[] }): VNode | null {
  const page = usePage();
  const { title, what, to: leads } = props;
  if (leads.length === 0) return null;
  return (
    <Fact title={title}>
      <ul>
        {leads.slice(0, LEADS_MAX).map(({ text, to }) => (
          <li key={JSON.stringify([text, to])}>
            <button type="button" class="quiet mono" title={what} onClick={() => page.select(to)}>
              <Text of={text} max={60} />
            </button>
          </li>
        ))}
        <Rest of={leads} />
      </ul>
    </Fact>
  );
}

/** What is left of a list that is cut. */
export function Rest({ of: all }: { of: readonly unknown[] }): VNode | null {
  if (all.length <= LEADS_MAX) return null;
  return <li class="muted">and {(all.length - LEADS_MAX).toLocaleString("en")} more</li>;
}
