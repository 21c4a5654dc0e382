/** `hawser plan`: what ADD would do to what stands now; nothing is touched. */
import { leadsTo } from "../../kernel/netns/index.ts";
import type { RuntimeConf } from "../../runtime/index.ts";
import { attachmentKey, CniError, type NetworkConfig } from "../../spec/index.ts";
import { type KnownAttachment, knownOrNone } from "../../view/index.ts";
import { attachmentJson } from "../attachment-json.ts";
import { type CliIo, ExitCode } from "../io.ts";
import { planAdd } from "../plan.ts";
import { countsOf, isRefused, planJson, planLines } from "../plan-lines.ts";
import { type CommonOptions, requireCapabilities } from "../request.ts";
import type { Session } from "../session.ts";
import { onAttachment } from "./attachment.ts";

/** Prints the steps of every plugin that tells them, in the order of ADD; 1 when ADD would be refused. */
export async function runPlan(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  const named = { ...options, operation: "PLAN" };
  let refused = false;
  const code = await onAttachment(io, name, netns, named, async ({ session, conf, config }) => {
    requireCapabilities(config, conf.capabilityArgs);
    const plans = await planAdd(session, config, conf);
    for (const plan of plans) session.say(planLines(plan, io.stdout.color));
    const attached = attachedAlready(session, config, conf);
    const difference =
      attached === undefined ? undefined : await compare(session, config, attached);
    refused = attached !== undefined || isRefused(plans);
    session.answer({
      ...{ refused, plugins: plans.map(planJson) },
      ...(attached !== undefined && {
        attached: { network: attached.network, ...attachmentJson(attached) },
      }),
      ...(difference !== undefined && { difference }),
    });
    if (attached !== undefined) session.say(refusal(attached, difference));
    else if (refused) session.say("add would be refused");
    if (io.isRoot === false) session.say("what stands now is not compared: that is for root");
    session.say(summary(countsOf(plans)));
  });
  return code === ExitCode.DONE && refused ? ExitCode.FAILED : code;
}

function summary(counts: string): string {
  return counts === "" ? "nothing was touched" : `${counts}; nothing was touched`;
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
    .find((one) => {
      if (attachmentKey(one) === key) return true;
      const identity = ifName === "lo" ? undefined : one.identity;
      return identity !== undefined && leadsTo(netns, identity);
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
      locks: false,
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
