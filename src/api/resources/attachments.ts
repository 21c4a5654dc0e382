import { addTo, defined } from "../../base/index.ts";
import type { AttachmentDetailForm, AttachmentsForm } from "../../forms/index.ts";
import { ATTACHMENT_STATES } from "../../forms/index.ts";
import { CallLog, groupsOf, isRefused, Mask } from "../../recording/index.ts";
import { type Attachment, attachmentKey, parseJson, printJson } from "../../spec/index.ts";
import {
  detailOf,
  type KnownRules,
  type NodeAttachment,
  rulesFor,
  type SeenRule,
} from "../../view/attachments/index.ts";
import { isWanted } from "../../view/index.ts";
import type { Problem } from "../../view/sources/index.ts";
import { attachmentForm, groupForm, standingForm, tracedCall } from "../form/index.ts";
import type { Look } from "../looks/index.ts";
import { notThere, type Parameter, type Query } from "../question/index.ts";
import { problemsOf, problemText } from "./problem.ts";
import { momentOf } from "./remembered.ts";
import { type AskedNode, bounded, LIMIT, type Question, type Resource } from "./resource.ts";

/** What attachments can be chosen by. */
export const FILTERS: readonly Parameter[] = [
  { name: "network", description: "To this network; repeatable.", isRepeatable: true },
  {
    name: "pod",
    description: "Of pods whose name begins so, or NAMESPACE/NAME; repeatable.",
    isRepeatable: true,
  },
  {
    name: "container",
    description: "Of containers whose ID begins so; repeatable.",
    isRepeatable: true,
  },
];

const MORE_FILTERS: readonly Parameter[] = [
  { name: "address", description: "That has this address; repeatable.", isRepeatable: true },
  {
    name: "state",
    description: "In this state; repeatable.",
    values: ATTACHMENT_STATES,
    isRepeatable: true,
  },
];

export const attachments: Resource = {
  path: "attachments",
  summary: "What is attached on this node, as `hawser ls` lists it.",
  parameters: [...FILTERS, ...MORE_FILTERS, LIMIT],
  form: "attachments",
  answer({ look: { view } }, { query }): AttachmentsForm {
    const filter = filterOf(query);
    const wanted = view.attachments.filter((one) => isWanted(one, filter));
    const { first, more } = bounded(wanted, query.number("limit"));
    return { attachments: first.map(attachmentForm), more, problems: problemsOf(view) };
  },
};

export function filterOf(query: Query): Parameters<typeof isWanted>[1] {
  const of = (name: string): readonly string[] => query.all(name);
  return {
    ...{ network: of("network"), pod: of("pod"), container: of("container") },
    ...{ address: of("address"), state: of("state") },
  };
}

export const attachment: Resource = {
  path: "attachments/{network}/{container}/{ifname}",
  summary: "All of one attachment: what was asked, what was promised, what stands, and its calls.",
  parameters: [],
  form: "attachmentDetail",
  async answer(node, question): Promise<AttachmentDetailForm> {
    const one = attachmentNamed(node, question);
    const { stateDir } = node.places;
    const detail = detailOf(one, stateDir, await knownRules(node, one));
    const mask = new Mask();
    const asked = masked(mask, one.cached?.config, "its configuration");
    const { result } = one.cached ?? {};
    const promised = result && masked(mask, printJson(result), "its result");
    return {
      ...standingForm(detail),
      ...defined({ asked, promised }),
      calls: callsOf(one, stateDir),
      problems: detail.problems.map(problemText),
    };
  },
};

/** A report asks for each attachment: the packet filter is read once for all of them. */
async function knownRules(
  { look, remembered, isOfOneMoment }: AskedNode,
  one: Attachment,
): Promise<KnownRules | undefined> {
  if (isOfOneMoment !== true) return undefined;
  const name = { name: "rules of each", revision: momentOf(look), freshMs: 0 };
  const { found, problems } = await remembered.of(name, () => Promise.resolve(rulesOfEach(look)));
  return { rules: found.get(attachmentKey(one)) ?? [], problems };
}

interface RulesOfEach {
  readonly found: ReadonlyMap<string, readonly SeenRule[]>;
  readonly problems: readonly Problem[];
}

function rulesOfEach({ view }: Look): RulesOfEach {
  const problems: Problem[] = [];
  const found = new Map<string, SeenRule[]>();
  for (const rule of rulesFor(view.attachments, (problem) => problems.push(problem))) {
    for (const owner of rule.owners) addTo(found, attachmentKey(owner), rule);
  }
  return { found, problems };
}

/** @throws Refusal where there is none of these names */
function attachmentNamed({ look }: AskedNode, { names }: Question): NodeAttachment {
  const [network = "", containerId = "", ifName = ""] = names;
  const key = attachmentKey({ network, containerId, ifName });
  const found = look.view.attachments.find((one) => attachmentKey(one) === key);
  if (found !== undefined) return found;
  throw notThere(`nothing is attached by the names ${network}, ${containerId}, ${ifName}`);
}

/** A JSON text without its secrets; undefined for what is no JSON, whose secrets cannot be found. */
function masked(mask: Mask, text: string | undefined, part: string): unknown {
  const safe = text === undefined ? undefined : mask.json(text, part);
  if (safe === undefined) return undefined;
  // Checked for depth and size first; readers of the answer have plain numbers.
  parseJson(safe);
  return JSON.parse(safe) as unknown;
}

/** What one attachment shows of its calls. */
const CALLS_MAX = 20;

/** The newest first. */
function callsOf(one: Attachment, stateDir: string): AttachmentDetailForm["calls"] {
  if (isRefused(stateDir)) return [];
  const key = attachmentKey(one);
  const forest = groupsOf(new CallLog(stateDir).all());
  return forest.groups
    .filter((group) => attachmentKey(group) === key)
    .slice(-CALLS_MAX)
    .toReversed()
    .map((group) => groupForm(group, (call) => tracedCall(call, forest)));
}
