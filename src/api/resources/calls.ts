import { defined } from "../../base/index.ts";
import type { CallGroupForm, CallsForm } from "../../forms/index.ts";
import {
  type CallForest,
  CallLog,
  fits,
  groupsOf,
  isRefused,
  named,
  Switch,
} from "../../recording/index.ts";
import { ErrorCode } from "../../spec/index.ts";
import { isWanted } from "../../view/index.ts";
import { callWithDelegates, groupForm, tracedCall } from "../form/index.ts";
import { notThere, Refusal } from "../question/index.ts";
import { FILTERS, filterOf } from "./attachments.ts";
import type { AskedNode, Resource } from "./resource.ts";

/** Of a question that does not say. */
const USUAL = 200;
const MOST = 2000;

export const calls: Resource = {
  path: "calls",
  summary: "The recorded calls, the newest first, as `hawser trace` lists them.",
  parameters: [
    {
      name: "limit",
      description: `How many groups at most; ${USUAL} without it.`,
      between: [1, MOST],
    },
    { name: "before", description: "Those before the group of this ID." },
    ...FILTERS,
    { name: "plugin", description: "With a call of this plugin." },
    { name: "operation", description: "Of this operation, in any letters." },
    { name: "failed", description: "Those that failed.", values: ["true"] },
    { name: "slow", description: "Of so many milliseconds, or more.", between: [0, 1e9] },
  ],
  form: "calls",
  answer(node, { query }): CallsForm {
    const forest = forestOf(node);
    const { groups } = forest;
    const before = query.text("before");
    const end = before === undefined ? groups.length : groups.findIndex(({ id }) => id === before);
    if (end === -1) throw notThere(`no recorded call ${before}`);
    const { network: _, ...others } = filterOf(query);
    const filter = { ...others, network: query.all("network") };
    const traits = defined({
      plugin: query.text("plugin"),
      operation: query.text("operation"),
      failed: query.text("failed") === undefined ? undefined : true,
      slow: query.number("slow"),
    });
    const wanted = groups
      .slice(0, end)
      .filter((group) => isWanted(group, filter) && fits(group, traits));
    const limit = query.number("limit") ?? USUAL;
    return {
      recording: new Switch(node.places.stateDir).look() !== undefined,
      groups: wanted
        .slice(-limit)
        .toReversed()
        .map((group) => groupForm(group, (each) => callWithDelegates(each, forest))),
      more: wanted.length > limit,
    };
  },
};

export const call: Resource = {
  path: "calls/{id}",
  summary: "The calls of one operation with their phases and delegates, as `hawser trace show`.",
  parameters: [],
  form: "group",
  answer(node, { names: [id = ""] }): CallGroupForm {
    const forest = forestOf(node);
    const [group, ...others] = named(forest.groups, id);
    if (group === undefined || others.length > 0) throw notThere(`no recorded call ${id}`);
    return groupForm(group, (each) => tracedCall(each, forest));
  },
};

/** @throws Refusal for a caller that may not read them */
function forestOf({ places: { stateDir } }: AskedNode): CallForest {
  if (isRefused(stateDir)) {
    const text = `${stateDir}/recording is for root alone to read`;
    throw new Refusal(403, ErrorCode.IO_FAILURE, text, { advice: "run it as root" });
  }
  return groupsOf(new CallLog(stateDir).all());
}
