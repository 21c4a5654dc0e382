import { expect, test } from "bun:test";
import { ClusterLab, SUBNET4, subnetPicture } from "../../../tests/support/cluster.ts";
import { isObject, type JsonObject, parseJson } from "../../spec/index.ts";
import { showRange } from "../../state/reservations/index.ts";
import type { NodeView } from "../attachments/index.ts";
import { FactsByText, reservationsOf } from "../sources/index.ts";
import { hasRanges } from "./configs.ts";
import { fullness, lookAtPools } from "./pools.ts";

function configOf(lab: ClusterLab): JsonObject {
  const config = parseJson(lab.config());
  if (!isObject(config)) throw new Error("it is no object");
  return config;
}

/** The node with the reservations that a fleet's network has on it, and no other. */
function viewOf(lab: ClusterLab): NodeView {
  const fleet = new FactsByText().of(lab.config()).fleet ?? "";
  const reservations = reservationsOf(
    { dataDir: "/nonexistent", named: new Map(), fleets: new Map([[fleet, [lab.network]]]) },
    (problem) => {
      throw new Error(JSON.stringify(problem));
    },
  );
  const networks = new Map();
  const configured = { networks: [], skipped: [], warnings: [] };
  return { attachments: [], problems: [], configured, networks, links: undefined, reservations };
}

test("the ranges of a fleet's network are those that this node has, each with what it may do", async () => {
  using lab = new ClusterLab();
  lab.picture({
    subnets: [
      subnetPicture(
        ...[SUBNET4, "10.42.0.65"],
        ...([
          ["10.42.0.64/30", "held"],
          ["10.42.1.0/26", "leaving"],
          ["10.42.9.9/32", "lost"],
        ] as const),
      ),
    ],
  });
  for (const id of ["c1", "c2", "c3"]) expect((await lab.add(id)).exitCode).toBe(0);
  const config = configOf(lab);
  expect(hasRanges(config)).toBe(true);
  const view = viewOf(lab);
  expect(view.reservations.map(({ network, address }) => [network, address])).toHaveLength(3);
  const report = lookAtPools([{ network: lab.network, config }], view);
  expect(report.problems).toEqual([]);
  expect(
    report.pools.map((pool) => [showRange(pool.range), pool.holding, pool.inUse, pool.free]),
  ).toEqual([
    ["10.42.0.64-10.42.0.67", "held", 3n, 0n],
    ["10.42.1.0-10.42.1.63", "leaving", 0n, 64n],
    ["10.42.9.9-10.42.9.9", "lost", 0n, 1n],
  ]);
  // The node fetches the next block: nothing is wrong.
  expect(report.pools.map(fullness)).toEqual([undefined, undefined, undefined]);
});

test("a node that has no block yet has no range, and a picture of no use is named", () => {
  using lab = new ClusterLab();
  const config = configOf(lab);
  expect(lookAtPools([{ network: lab.network, config }], viewOf(lab))).toMatchObject({
    pools: [],
    problems: [],
  });
  lab.picture({ format: 2 as 1 });
  const { problems } = lookAtPools([{ network: lab.network, config }], viewOf(lab));
  expect(problems).toEqual([expect.stringMatching(/^network pods: .*newer version/) as string]);
});
