import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { FindingsForm, FleetsForm, NodeForm } from "../../forms/index.ts";
import { Icon } from "../parts/icon.tsx";
import { RESOURCES } from "../source/resources.ts";
import { printLocation, VIEWS, type View } from "../state/location.ts";
import { useAnswer, usePage } from "../state/use-page.ts";
import { count } from "../words/text.ts";
import { VIEW_ENTRIES } from "./views.tsx";

/** The views to choose from, some with a number; that of the fleet only where there is one. */
export function Nav(): VNode {
  const { view: chosen } = usePage().location.value;
  const node = useAnswer(RESOURCES.node).value;
  const findings = useAnswer(RESOURCES.findings).value;
  const fleets = useAnswer(RESOURCES.fleet).value;
  const list = useRef<HTMLUListElement>(null);
  // On a phone the views stand in a row that is longer than the screen.
  useEffect(() => {
    const current = list.current?.querySelector(`a[href="${printLocation({ view: chosen })}"]`);
    current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);
  const views = VIEWS.filter((view) => view !== "fleet" || chosen === view || hasFleet(fleets));
  return (
    <nav class="views" aria-label="Views">
      <ul ref={list}>
        {views.map((view) => {
          const badge = badgeOf(view, node, findings);
          return (
            <li key={view}>
              <a href={printLocation({ view })} aria-current={view === chosen ? "page" : undefined}>
                <Icon name={view} />
                <span>{VIEW_ENTRIES[view].title}</span>
                {badge}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function hasFleet(fleets: FleetsForm | undefined): boolean {
  return fleets !== undefined && fleets.fleets.length > 0;
}

function badgeOf(
  view: View,
  node: NodeForm | undefined,
  findings: FindingsForm | undefined,
): VNode | null {
  if (view === "attachments" && node !== undefined) {
    return <span class="badge">{node.attachments.toLocaleString("en")}</span>;
  }
  if (view === "networks" && node !== undefined) return <span class="badge">{node.networks}</span>;
  if (view !== "doctor" || findings === undefined) return null;
  const grave = findings.findings.filter(({ severity }) => severity !== "note").length;
  if (grave === 0) return null;
  return (
    <span class="badge grave">
      {grave}
      <span class="unseen"> {count(grave, "finding").replace(/^\S+ /u, "")}</span>
    </span>
  );
}
