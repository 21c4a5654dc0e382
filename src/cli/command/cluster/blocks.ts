/** `hawser cluster blocks` */

import { createColors } from "picocolors";
import { fleetBlockForm } from "../../../api/form/index.ts";
import {
  addressCount,
  type FleetReport,
  type NodeState,
  type PartReport,
} from "../../../fleet/operator/index.ts";
import type { CliIo } from "../../io.ts";
import { json } from "../../json.ts";
import { type Column, table } from "../../table.ts";
import { nodeNamed } from "./named.ts";
import type { BlocksOptions } from "./options.ts";
import { onFleet } from "./session.ts";
import { reportOf } from "./source.ts";
import { amount, fleetJson } from "./texts.ts";

export async function runClusterBlocks(io: CliIo, options: BlocksOptions): Promise<number> {
  return await onFleet(io, options, async (fleet) => {
    const report = await reportOf(fleet);
    const { session } = fleet;
    const { node } = options;
    if (node !== undefined) nodeNamed(report, node);
    const parts = report.parts.filter((part) => node === undefined || part.node === node);
    session.answer({
      ...fleetJson(report, fleet),
      blocks: parts.map((one) => json(fleetBlockForm(one))),
    });
    if (session.json) return;
    io.stdout.write(table(columnsOf(report), parts, io.stdout));
    if (parts.length === 0) {
      session.say(node === undefined ? "no block has been used yet" : `${node} holds nothing`);
    }
  });
}

function columnsOf({ nodes }: FleetReport): readonly Column<PartReport>[] {
  const states = new Map<string, NodeState>(nodes.map(({ id, state }) => [id, state]));
  return [
    { title: "BLOCK", text: ({ block }) => block.toString(), least: 18 },
    {
      title: "PART",
      text: ({ block, prefix }) => (prefix.equals(block) ? "" : prefix.toString()),
      isOptional: true,
    },
    { title: "ADDRESSES", text: ({ prefix }) => amount(addressCount(prefix)), isRight: true },
    { title: "NODE", text: ({ node }) => node ?? "free", least: 12 },
    { title: "EPOCH", text: ({ epoch }) => String(epoch ?? ""), isRight: true },
    {
      title: "STATE",
      text: ({ node }) => (node === undefined ? "" : (states.get(node) ?? "unknown")),
      paint: (text) => (text === "alive" ? text : createColors(true).yellow(text)),
    },
  ];
}
