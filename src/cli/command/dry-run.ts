/** What `del` and `gc` would remove; nothing is touched. */
import { defined } from "../../base/index.ts";
import type { Runtime, RuntimeConf } from "../../runtime/index.ts";
import {
  atLeast,
  type JsonObject,
  type NetworkConfig,
  type Result,
  type ValidAttachment,
} from "../../spec/index.ts";
import { type KnownAttachment, nameOf } from "../../view/index.ts";
import { attachmentJson } from "../attachment-json.ts";
import { type PluginPlan, planRemoval } from "../plan.ts";
import { countsOf, planJson, planLines } from "../plan-lines.ts";
import type { Session } from "../session.ts";

/** What an operation that removes is about. */
interface Removal {
  readonly session: Session;
  readonly runtime: Runtime;
  readonly config: NetworkConfig;
}

/** `hawser del --dry-run` */
export async function dryRunDel(
  removal: Removal,
  conf: RuntimeConf,
  isKnown: boolean,
): Promise<void> {
  const { session } = removal;
  const plans = await plansOfDel(removal, conf);
  session.answer({ dryRun: true, attached: isKnown, plugins: plans.map(planJson) });
  sayPlans(session, plans);
  if (!isKnown) session.say("nothing knows the attachment: what is left of it is told");
  session.say(summaryOf(plans));
}

/** Of so many attachments each piece is looked for; of those behind them only the names are printed. */
const DETAILED_MAX = 20;

/** An attachment that would go, with the plans of its DEL. */
interface Going {
  readonly one: KnownAttachment;
  readonly plans: readonly PluginPlan[];
}

/**
 * `hawser gc --dry-run`: the DEL of each attachment, and what the plugins' GC would find beside.
 * @param valid the attachments that stay; undefined where those go that have lost their namespace
 */
export async function dryRunGc(
  removal: Removal,
  stale: readonly KnownAttachment[],
  valid: readonly ValidAttachment[] | undefined,
): Promise<void> {
  const { session, config } = removal;
  const going: Going[] = [];
  // What a runtime does not remember is left to the plugins' GC.
  const deleted = valid === undefined ? stale : stale.filter(({ isCached }) => isCached);
  for (const one of deleted.slice(0, DETAILED_MAX)) {
    const { containerId, ifName } = one;
    // Without a namespace its path may lead to another container's by now.
    const netns = valid === undefined ? "" : one.netns;
    going.push({ one, plans: await plansOfDel(removal, { containerId, ifName, netns }) });
  }
  const more = deleted.length - going.length;
  // Among what plugins find themselves would be the pieces of those that were not looked at.
  const rest = valid === undefined || more > 0 ? [] : await plansOfGc(removal, valid, going);
  session.answer({
    ...{ dryRun: true, stale: stale.map(attachmentJson) },
    attachments: going.map(goingJson),
    plugins: rest.map(planJson),
  });
  for (const { one, plans } of going) {
    session.say(`${nameOf(one)}:`);
    sayPlans(session, plans);
  }
  if (more > 0) {
    const command = `hawser del ${config.name} --id ID --dry-run`;
    session.say(`and ${more} more, which are named below; ${command} looks at one of them`);
  }
  const found = rest.filter(({ steps }) => steps === undefined || steps.length > 0);
  if (found.length > 0) {
    session.say("left over by attachments that are not valid:");
    sayPlans(session, found);
  }
  for (const one of stale) session.say(`would remove ${nameOf(one)}`);
  session.say(`${stale.length} of the known attachments would be removed from ${config.name}`);
  session.say(summaryOf([...going.flatMap(({ plans }) => plans), ...rest]));
}

/** By the configuration and the result of the ADD, as far as they are remembered, as DEL itself. */
async function plansOfDel(
  { session, runtime, config }: Removal,
  conf: RuntimeConf,
): Promise<PluginPlan[]> {
  const added = remembered(() => runtime.cachedConfig(config, conf));
  const network = added?.config ?? config;
  const prevResult = atLeast(network.cniVersion, "0.4.0")
    ? remembered((): Result | undefined => runtime.cachedResult(network, conf))
    : undefined;
  const all = { ...conf, ...withoutNetns(added?.conf), netns: conf.netns };
  const { capabilityArgs = {} } = all;
  const request = { operation: "DEL", capabilityArgs, ...defined({ prevResult }) } as const;
  return await planRemoval(session, { network, request, conf: all });
}

function withoutNetns(conf: RuntimeConf | undefined): Partial<RuntimeConf> {
  return defined({ args: conf?.args, capabilityArgs: conf?.capabilityArgs });
}

/** What the DELs before it have removed already is left out. */
async function plansOfGc(
  { session, config: network }: Removal,
  valid: readonly ValidAttachment[],
  going: readonly Going[],
): Promise<PluginPlan[]> {
  if (!atLeast(network.cniVersion, "1.1.0")) return [];
  const request = { operation: "GC", validAttachments: valid } as const;
  const plans = await planRemoval(session, { network, request });
  const told = new Set(
    going
      .flatMap(({ plans: each }) => each)
      .flatMap(({ steps = [] }) => steps.map(({ text }) => text)),
  );
  return plans.map(({ steps, ...plan }) => {
    const left = steps?.filter(({ text }) => !told.has(text));
    // One note serves all plugins of a list.
    for (const { text } of left ?? []) told.add(text);
    return { ...plan, ...defined({ steps: left }) };
  });
}

function goingJson({ one, plans }: Going): JsonObject {
  return { ...attachmentJson(one), plugins: plans.map(planJson) };
}

function sayPlans(session: Session, plans: readonly PluginPlan[]): void {
  for (const plan of plans) session.say(planLines(plan, session.io.stdout.color));
}

function summaryOf(plans: readonly PluginPlan[]): string {
  const counts = countsOf(plans);
  return counts === "" ? "nothing was touched" : `${counts}; nothing was touched`;
}

/** A cache that cannot be read has nothing to tell. */
function remembered<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
