/** `hawser cluster check`: the store against the nodes' own pictures. */
import { fleetNodeForm } from "../../../api/form/index.ts";
import { type CliIo, ExitCode } from "../../io.ts";
import { json } from "../../json.ts";
import { leakFindings } from "./leaks.ts";
import type { ClusterOptions } from "./options.ts";
import { onFleet } from "./session.ts";
import { findingsOf, reportOf } from "./source.ts";
import { counted, findingLines, findingsJson, fleetJson } from "./texts.ts";

/** Gives 0 when all agree or only notes are left, and 1 when something has to be mended. */
export async function runClusterCheck(io: CliIo, options: ClusterOptions): Promise<number> {
  let isRight = true;
  const code = await onFleet(io, options, async (fleet) => {
    const report = await reportOf(fleet);
    const { nodes, parts } = report;
    const findings = [...findingsOf(fleet, report), ...leakFindings(fleet)];
    isRight = findings.every(({ severity }) => severity === "note");
    fleet.session.answer({
      ...fleetJson(report, fleet),
      ...{ same: isRight, nodes: nodes.map((one) => json(fleetNodeForm(one))) },
      ...findingsJson(findings),
    });
    for (const line of findingLines(findings, io.stdout.color)) fleet.session.say(line);
    const verdict = isRight ? "agree" : "do not agree";
    fleet.session.say(
      `store and nodes ${verdict}: ${counted(nodes.length, "node")}, ${counted(parts.length, "part")} of blocks`,
    );
  });
  return code === ExitCode.DONE && !isRight ? ExitCode.FAILED : code;
}
