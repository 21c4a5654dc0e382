import type { Prefix } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import { openStore } from "../../cluster/store/index.ts";
import { readFleet } from "../../fleet/index.ts";
import { type FleetReport, fleetReport } from "../../fleet/operator/index.ts";
import type { FleetForm, FleetsForm, TunnelForm } from "../../forms/index.ts";
import { standingTunnels } from "../../overlay/index.ts";
import { type FleetNetwork, fleetNetworks, fleetSide } from "../../view/fleet/index.ts";
import { type OnProblem, orProblem } from "../../view/sources/index.ts";
import { fleetBlockForm, fleetNodeForm, fleetSideForm, fleetSubnetForm } from "../form/index.ts";
import { ProblemList } from "./problem.ts";
import type { AskedNode, Resource } from "./resource.ts";

export const fleet: Resource = {
  path: "fleet",
  summary: "For each network of a fleet its nodes, blocks and tunnels.",
  parameters: [],
  form: "fleets",
  answer: async (node): Promise<FleetsForm> => await fleetsOf(node),
};

/** A store is asked seldom, and what it says changes seldom. */
const FRESH_MS = 5000;
/** So long an answer waits for the store. */
const STORE_MS = 2000;

export async function fleetsOf({ env, places, remembered }: AskedNode): Promise<FleetsForm> {
  const name = { name: "fleet", revision: "", freshMs: FRESH_MS };
  return await remembered.of(name, async () => {
    const problems = new ProblemList();
    const found = orProblem("the networks of fleets", problems.note, () =>
      fleetNetworks(env, places.confDir),
    );
    const { networks = new Map<string, FleetNetwork>(), spoiled = [] } = found ?? {};
    const fleets = [...networks.values()].map(async (each) => await fleetOf(each, problems.note));
    return {
      fleets: await Promise.all(fleets),
      problems: [
        ...spoiled.map((each) => `network ${each.name}: ${each.reason}`),
        ...problems.texts,
      ],
    };
  });
}

async function fleetOf(network: FleetNetwork, onProblem: OnProblem): Promise<FleetForm> {
  const { fleet: config, overlay } = network.cluster;
  const answer = await reportOf(network);
  const report = typeof answer === "string" ? undefined : answer;
  return {
    ...{ network: config.network, overlay: overlay.kind, side: fleetSideForm(fleetSide(network)) },
    ...defined({
      nodes: report?.nodes.map(fleetNodeForm),
      blocks: report?.parts.map(fleetBlockForm),
      subnets: report?.spaces.map(fleetSubnetForm),
      halt: report?.halt && { reason: report.halt.reason, by: report.halt.by },
      away: typeof answer === "string" ? answer : undefined,
    }),
    tunnels: tunnelsOf(config.network, config.subnets, report, onProblem),
  };
}

/** Why there is none is a text. */
async function reportOf({ cluster }: FleetNetwork): Promise<FleetReport | string> {
  const { network } = cluster.fleet;
  try {
    await using store = await openStore(cluster.store);
    const state = await readFleet(store, network, AbortSignal.timeout(STORE_MS));
    return state === undefined
      ? `the store does not know the fleet ${network}`
      : fleetReport(state);
  } catch (error) {
    return errorText(error);
  }
}

/** Each with the name of the node that it leads to, where the store has answered. */
function tunnelsOf(
  network: string,
  subnets: readonly Prefix[],
  report: FleetReport | undefined,
  onProblem: OnProblem,
): TunnelForm[] {
  const found = orProblem(`the overlay of ${network}`, onProblem, () =>
    standingTunnels(network, subnets),
  );
  return (found ?? []).map(({ underlay, device, prefixes }) => {
    const end = underlay.toString();
    const node = report?.nodes.find(({ record }) => record?.underlay === end)?.id ?? end;
    return { node, underlay: end, ...defined({ device }), prefixes: prefixes.map(String) };
  });
}
