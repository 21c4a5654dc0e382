/** Ranges of addresses: how many are left. */
import { errorText, shellWord } from "../../base/index.ts";
import { poolsOf } from "../../plugins/host-local/index.ts";
import { field, isObject } from "../../spec/index.ts";
import type { Report } from "../report.ts";
import { textAt } from "../subject.ts";
import type { Node } from "../surroundings.ts";
import { freeingLeaks } from "./leaks.ts";
import { pluginsIn } from "./networks.ts";
import type { NodeStage } from "./stage.ts";

/** Nine tenths, in hundredths. */
const NEARLY = 90n;
const WHOLE = 100n;
/** A small range is soon nearly full: it is said only where there are some addresses. */
const SMALL = 16n;

export const pools: NodeStage = {
  name: "pools",
  title: "ranges of addresses",
  async look({ node }, report) {
    const notes: string[] = [];
    for (const [name, network] of node.view.networks) {
      const { config, file } = network;
      for (const plugin of pluginsIn(network)) {
        const ipam = field(plugin, "ipam");
        if (!isObject(ipam) || textAt(ipam, "type") !== "host-local") continue;
        report.look(`${file}, and the reservations of ${name}`);
        const called = { ...plugin, name, cniVersion: config.cniVersion };
        notes.push(...(await fill(report, name, called, { file, remedy: freeing(node, name) })));
      }
    }
    report.pass(notes.slice(0, 3).join(", ") || "no network reserves addresses on this node");
  },
};

/** What gives addresses back: of the dead, or of what nothing knows; else there is only a larger range. */
function freeing({ view }: Node, network: string): string {
  const states = view.attachments.flatMap((one) => (one.network === network ? one.state : []));
  const name = shellWord(network);
  if (states.includes("orphan")) return `hawser gc ${name} --dead`;
  return states.includes("leak") ? freeingLeaks(name) : `hawser pools ${name}`;
}

type Config = Parameters<typeof poolsOf>[0]["config"];

async function fill(
  report: Report,
  network: string,
  config: Config,
  { file, remedy }: { readonly file: string; readonly remedy: string },
): Promise<string[]> {
  let sets: Awaited<ReturnType<typeof poolsOf>>;
  try {
    sets = await poolsOf({ config, network });
  } catch (error) {
    const look = `hawser validate ${shellWord(file)}`;
    report.find("source-unreadable", `the ranges of ${network}: ${errorText(error)}`, look);
    return [];
  }
  return sets.map(({ ranges, capacity, reserved }) => {
    const told = `${reserved} of ${capacity} addresses of ${ranges} in ${network}`;
    if (reserved >= capacity) {
      report.find("pool-full", `${told} are reserved: no ADD gets one`, remedy);
    } else if (capacity >= SMALL && reserved * WHOLE >= capacity * NEARLY) {
      report.find("pool-nearly-full", `${told} are reserved: little is left`, remedy);
    }
    return told;
  });
}
