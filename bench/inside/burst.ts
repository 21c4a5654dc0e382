import {
  type AttachmentParameters,
  type ChainResult,
  runChain,
} from "../../tests/support/chain.ts";
import { dbnet, mapTcp } from "../../tests/support/dbnet.ts";
import { start } from "./executables.ts";
import { type Lab, timed } from "./lab.ts";
import type { Way } from "./way.ts";

/** Many containers at once. */
export interface BurstOrder {
  readonly how: Extract<Way, { way: "executables" | "start" }>;
  readonly count: number;
}

/** Milliseconds of each call, and from the first start to the last end. */
export interface BurstTimes {
  readonly add: { readonly each: readonly number[]; readonly all: number };
  readonly del: { readonly each: readonly number[]; readonly all: number };
  readonly failures: readonly string[];
}

/** Beyond the ports that anything else here maps. */
const FIRST_PORT = 20_000;
const PLUGINS = dbnet().plugins.length;

type Call = (operation: "ADD" | "DEL", at: number) => Promise<void>;

/** ADD of all containers at once, and when all are there, DEL of all at once. */
export async function burst(lab: Lab, { how, count }: BurstOrder): Promise<BurstTimes> {
  const call = how.way === "start" ? starts(how.argv) : await chains(lab, how, count);
  const failures: string[] = [];
  const all = async (operation: "ADD" | "DEL"): Promise<BurstTimes["add"]> => {
    const each: number[] = [];
    const one = async (at: number): Promise<void> => {
      try {
        each.push(await timed(() => call(operation, at)));
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    };
    const whole = await timed(async () => {
      await Promise.all(Array.from({ length: count }, (_, at) => one(at)));
    });
    return { each, all: whole };
  };
  return { add: await all("ADD"), del: await all("DEL"), failures };
}

/** What starting the processes costs alone. */
function starts(argv: readonly string[]): Call {
  const subject = start(argv);
  return async () => {
    for (let left = PLUGINS; left > 0; left--) await subject.add();
  };
}

async function chains(
  lab: Lab,
  how: Extract<Way, { way: "executables" }>,
  count: number,
): Promise<Call> {
  if (how.daemon !== undefined) await lab.daemon(how.dir, how.daemon);
  const list = dbnet({ backend: how.backend });
  const attachments: AttachmentParameters[] = [];
  for (let at = 0; at < count; at++) {
    attachments.push({
      containerId: `burst-${at}`,
      netns: (await lab.namespace(`burst-${at}`)).netns,
      ifName: "eth0",
      capabilityArgs: mapTcp(FIRST_PORT + at, 80),
    });
  }
  const results: (ChainResult | undefined)[] = [];
  return async (operation, at) => {
    const attachment = attachments[at];
    if (attachment === undefined) throw new RangeError(`no container ${at}`);
    const known = operation === "DEL" ? results[at] : undefined;
    const before = known === undefined ? {} : { prevResult: known };
    const answer = await runChain({ dir: how.dir, list, operation, attachment, ...before });
    results[at] = answer.result;
  };
}
