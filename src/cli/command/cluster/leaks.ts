/** Addresses that this node reserves for containers that are gone: the store knows nothing of it. */
import { dirname, resolve } from "node:path";
import { reservationsPath } from "../../../cluster/config/index.ts";
import type { FleetFinding } from "../../../fleet/operator/index.ts";
import { type Holding, holdingsOf, isLeaked } from "../../../view/pools/index.ts";
import { readNode } from "../../node.ts";
import type { NamedFleet } from "./session.ts";

/** So many are named, each with its command; of the others there is a count. */
const NAMED = 5;

/** Compares the node's reservations of a fleet's network with its attachments. */
export function leakFindings({ session, cluster, loaded }: NamedFleet): FleetFinding[] {
  const directory = resolve(reservationsPath(cluster.place));
  const leaked = holdingsOf(readNode(session)).filter((holding) => {
    return isLeaked(holding) && dirname(holding.path) === directory;
  });
  const more = leaked.length - NAMED;
  const findings = leaked.slice(0, NAMED).map(leakFinding);
  if (more <= 0) return findings;
  return [
    ...findings,
    leak(
      `${more} more addresses are reserved for what is gone`,
      `hawser pools ${loaded.config.name} --leaked names them`,
    ),
  ];
}

function leakFinding({ ip, attachment }: Holding): FleetFinding {
  const { containerId = "", ifName = "", findings = [] } = attachment ?? {};
  const [finding] = findings;
  const holder = [containerId, ifName].filter((each) => each !== "").join(" ");
  return leak(`${ip} is reserved for ${holder}: ${finding?.text}`, finding?.remedy);
}

function leak(message: string, remedy: string | undefined): FleetFinding {
  const finding = { name: "leaked", severity: "warning", message } as const;
  return remedy === undefined ? finding : { ...finding, remedy };
}
