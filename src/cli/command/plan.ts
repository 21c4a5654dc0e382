/** `hawser plan`: what ADD would do, in lines; nothing is touched. */
import { createColors } from "picocolors";
import { leadsTo } from "../../kernel/netns/index.ts";
import type { RuntimeConf } from "../../runtime/index.ts";
import { attachmentKey, CniError, type JsonObject, type NetworkConfig } from "../../spec/index.ts";
import { type KnownAttachment, knownOrNone } from "../../view/index.ts";
import type { CliIo } from "../io.ts";
import { type PluginPlan, planOf } from "../plan.ts";
import { type CommonOptions, requireCapabilities } from "../request.ts";
import type { Session } from "../session.ts";
import { attachmentJson, onAttachment } from "./attachment.ts";

/** Prints the steps of every plugin that tells them, in the order of ADD. */
export async function runPlan(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  const named = { ...options, operation: "PLAN" };
  return await onAttachment(io, name, netns, named, async ({ session, conf, config }) => {
    requireCapabilities(config, conf.capabilityArgs);
    const plans: PluginPlan[] = [];
    for (const plugin of config.plugins) {
      const plan = await planOf(session, config, plugin, conf);
      plans.push(plan);
      session.say(planLines(plan, io.stdout.color));
    }
    const attached = attachedAlready(session, config, conf);
    const difference =
      attached === undefined ? undefined : await compare(session, config, attached);
    session.answer({
      plugins: plans.map(planJson),
      ...(attached !== undefined && {
        attached: { network: attached.network, ...attachmentJson(attached) },
      }),
      ...(difference !== undefined && { difference }),
    });
    if (attached !== undefined) session.say(refusal(attached, difference));
    session.say("nothing was touched");
  });
}

/** What is known to be in the way: the attachment itself, or another network's interface of that name. */
function attachedAlready(
  session: Session,
  { name: network }: NetworkConfig,
  { containerId, ifName, netns }: RuntimeConf,
): KnownAttachment | undefined {
  const key = attachmentKey({ network, containerId, ifName });
  // The plan itself needs no root.
  const io = { ...session.io, isRoot: true };
  return knownOrNone(session.runtime(), io, (text) => session.warn(text))
    .filter((one) => one.finished && !one.earlierBoot && one.ifName === ifName)
    .find(({ identity, ...one }) => {
      const isThere = identity !== undefined && ifName !== "lo" && leadsTo(netns, identity);
      return attachmentKey(one) === key || isThere;
    });
}

/** The first difference between what is there and what the ADD made; undefined when there is none. */
async function compare(
  session: Session,
  config: NetworkConfig,
  { network, containerId, ifName, netns }: KnownAttachment,
): Promise<string | undefined> {
  if (network !== config.name || netns === "") return undefined;
  try {
    const quiet = {
      onPlugin: () => undefined,
      onStep: () => undefined,
      onWarning: () => undefined,
    };
    await session.runtime(quiet).check(config, { containerId, ifName, netns }, session.call);
    return undefined;
  } catch (error) {
    return CniError.from(error).message;
  }
}

function refusal({ network, containerId, ifName }: KnownAttachment, difference?: string): string {
  const what = `${containerId} is attached to ${network} as ${ifName} already: add would be refused`;
  return difference === undefined ? what : `${what}\nit is not as it should be: ${difference}`;
}

function planJson({ type, path, steps }: PluginPlan): JsonObject {
  return { type, path, ...(steps && { steps: steps.map((step) => ({ ...step })) }) };
}

function planLines({ type, path, steps }: PluginPlan, color: boolean): string {
  const colors = createColors(color);
  const lines = steps?.map(({ plugin, step, text }, index) => {
    const what = step === "" ? text : `${step}: ${text}`;
    return `  ${colors.dim(`${index + 1}.`)} ${plugin === type ? "" : `${plugin}: `}${what}`;
  });
  const rest = lines ?? [colors.dim(`  ${path} is another program: what it does is not known`)];
  const none = [colors.dim("  nothing to do")];
  return [colors.bold(type), ...(rest.length === 0 ? none : rest)].join("\n");
}
