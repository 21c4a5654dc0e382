import type { VNode } from "preact";
import type { MapForm, PathForm, RuleForm } from "../../forms/index.ts";
import { RuleList } from "../parts/rule-list.tsx";
import { Text } from "../parts/text.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer } from "../state/use-page.ts";
import { rulesOnWay } from "./model.ts";

/** The way step by step; each step leads to its thing on the map. */
export function Path({
  path,
  map,
  onShow,
}: {
  path: PathForm;
  map: MapForm;
  onShow: (id: string) => void;
}): VNode {
  const names = new Map(map.nodes.map(({ id, label }) => [id, label]));
  const { steps, broken, also } = path;
  return (
    <>
      <ol class="map-path">
        {steps.map(({ node, text }) => (
          <li key={`${node} ${text}`}>
            <button type="button" class="quiet" onClick={() => onShow(node)}>
              <strong>
                <Text of={names.get(node) ?? node} max={60} />
              </strong>
              <span>
                <Text of={text} max={240} />
              </span>
            </button>
          </li>
        ))}
      </ol>
      {broken === undefined ? null : (
        <p class="notice bad" role="alert">
          <span>
            <strong>It ends here:</strong> <Text of={broken} max={400} />
          </span>
        </p>
      )}
      {also.map((text) => (
        <p key={text} class="muted">
          Also: <Text of={text} max={240} />
        </p>
      ))}
      <Rules path={path} map={map} />
    </>
  );
}

/** The rules and elements of the packet filter by which it goes so. */
function Rules({ path, map }: { path: PathForm; map: MapForm }): VNode | null {
  const all: readonly RuleForm[] = useAnswer(RESOURCES.rules).value?.rules ?? [];
  const rules = rulesOnWay(map, path, all);
  if (rules.length === 0) return null;
  return (
    <section class="map-rules" aria-labelledby="map-rules">
      <h3 id="map-rules">In the packet filter</h3>
      <RuleList of={rules} />
    </section>
  );
}
