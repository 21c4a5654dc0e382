/** `hawser cluster nodes` */

import { createColors } from "picocolors";
import { addressesOf, fleetNodeForm } from "../../../api/form/index.ts";
import type { NodeReport } from "../../../fleet/operator/index.ts";
import type { CliIo } from "../../io.ts";
import { json } from "../../json.ts";
import { type Column, table } from "../../table.ts";
import type { ClusterOptions } from "./options.ts";
import { onFleet } from "./session.ts";
import { reportOf } from "./source.ts";
import { amount, fleetJson, nodeText } from "./texts.ts";

/** Prefixes that a row names; `--json` has all. */
const NAMED = 3;

export async function runClusterNodes(io: CliIo, options: ClusterOptions): Promise<number> {
  return await onFleet(io, options, async (fleet) => {
    const report = await reportOf(fleet);
    const { session } = fleet;
    session.answer({
      ...fleetJson(report, fleet),
      nodes: report.nodes.map((one) => json(fleetNodeForm(one))),
    });
    if (session.json) return;
    const columns = columnsOf(report.record.quarantineMs);
    io.stdout.write(table(columns, report.nodes, io.stdout));
    if (report.nodes.length === 0) {
      session.say("no node has joined: the first does with its first container, or its daemon");
    }
  });
}

function columnsOf(quarantineMs: number | undefined): readonly Column<NodeReport>[] {
  return [
    { title: "NODE", text: ({ id }) => id, least: 12 },
    {
      title: "STATE",
      text: (node) => nodeText(node, quarantineMs),
      paint: (text, { state }) => {
        const colors = createColors(true);
        return state === "alive" ? colors.green(text) : colors.yellow(text);
      },
    },
    { title: "EPOCH", text: ({ record }) => String(record?.epoch ?? ""), isRight: true },
    { title: "UNDERLAY", text: ({ record }) => record?.underlay ?? "", isOptional: true },
    { title: "ADDRESSES", text: ({ holds }) => amount(addressesOf(holds)), isRight: true },
    {
      title: "FREE",
      text: ({ free }) => (free === undefined ? "" : `≥ ${free.join(", ")}`),
      isRight: true,
      isOptional: true,
    },
    { title: "HOLDS", text: holdsText, least: 18 },
    { title: "VERSION", text: ({ record }) => record?.version ?? "", isOptional: true },
  ];
}

function holdsText({ holds }: NodeReport): string {
  const more = holds.length - NAMED;
  const first = holds.slice(0, NAMED).join(" ");
  return more > 0 ? `${first} and ${more} more` : first;
}
