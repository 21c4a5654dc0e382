import { defined } from "../../base/index.ts";
import { examineNode, type Stage } from "../../doctor/index.ts";
import type { FindingsForm, MapForm, PlacedFindingForm, StageForm } from "../../forms/index.ts";
import { attachmentKey } from "../../spec/index.ts";
import type { NodeView } from "../../view/attachments/index.ts";
import { attachmentForm, stageForm } from "../form/index.ts";
import { mapOfNode } from "./map.ts";
import type { AskedNode, Resource } from "./resource.ts";

export const findings: Resource = {
  path: "findings",
  summary: "All that is not as it should be on this node, the heaviest first, with what mends it.",
  parameters: [],
  form: "findings",
  async answer(node): Promise<FindingsForm> {
    const { look, remembered } = node;
    const name = { name: "findings", revision: look.revision, freshMs: FRESH_MS };
    return await remembered.of(name, async () => await findingsOf(node));
  },
};

/**
 * The doctor starts plugins, and looks at much that makes no event. What other programs do to the packet filter,
 * again and again, is no reason to start them anew: a change that readers see has a revision of its own.
 */
const FRESH_MS = 10_000;
const WEIGHTS: readonly PlacedFindingForm["severity"][] = ["error", "warning", "note"];
/** The doctor's stage that tells of attachments what the view has found. */
const OF_VIEW = "attachments";
const UNREADABLE = "source-unreadable";

async function findingsOf(node: AskedNode): Promise<FindingsForm> {
  const stages = node.isRoot ? (await stagesOf(node)).map(stageForm) : [];
  const places = placesOn(await mapOfNode(node));
  const all = [
    ...ofView(node.look.view, places),
    ...ofStages(stages),
    ...(node.isRoot ? [] : [NOT_ROOT]),
  ];
  const weight = ({ severity }: PlacedFindingForm): number => WEIGHTS.indexOf(severity);
  return { findings: all.toSorted((one, other) => weight(one) - weight(other)), stages };
}

const NOT_ROOT: PlacedFindingForm = {
  name: UNREADABLE,
  severity: "warning",
  message: "the doctor did not look: namespaces and the packet filter are for root alone",
  remedy: "run it as root",
  by: "doctor",
};

async function stagesOf(node: AskedNode): Promise<Stage[]> {
  const { env, places, pluginDirs, version, sockets, runtime } = node;
  const now = Date.now();
  const surroundings = { env, places, pluginDirs, version, sockets, now, runtime: runtime() };
  return await examineNode({ ...surroundings, view: node.look.view });
}

/** Where each attachment stands on the map: its namespace, by the attachment's key. */
function placesOn({ nodes }: MapForm): ReadonlyMap<string, string> {
  return new Map(
    nodes
      .filter(({ kind }) => kind === "namespace")
      .flatMap(({ id, attachments }) => attachments.map((one) => [attachmentKey(one), id])),
  );
}

function ofView(
  { attachments }: NodeView,
  places: ReadonlyMap<string, string>,
): PlacedFindingForm[] {
  return attachments.flatMap((one) => {
    if (one.findings.length === 0) return [];
    const { network, containerId, ifName } = one;
    const about = { network, containerId, ifName };
    const mapNode = places.get(attachmentKey(one));
    return attachmentForm(one).findings.map(
      (finding): PlacedFindingForm => ({ ...finding, by: "view", about, ...defined({ mapNode }) }),
    );
  });
}

function ofStages(stages: readonly StageForm[]): PlacedFindingForm[] {
  return stages.flatMap(({ name: stage, findings: found }) =>
    found
      .filter(({ name }) => stage !== OF_VIEW || name === UNREADABLE)
      .map((finding): PlacedFindingForm => ({ ...finding, by: "doctor", stage })),
  );
}
