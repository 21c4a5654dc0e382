import { expect, test } from "bun:test";
import type { AddressRunForm } from "../../forms/index.ts";
import type { AttachmentState, NodeAttachment, NodeView } from "../../view/attachments/index.ts";
import { type Pool, rangePlace } from "../../view/pools/index.ts";
import { runsOf } from "./index.ts";

const DIRECTORY = "/var/lib/cni/networks/one";

interface Reserved {
  readonly address: string;
  /** Of its attachment; without one, a line of text has it. */
  readonly state?: AttachmentState;
}

/** A range, and the view of a node on which these are reserved. */
function scene(subnet: string, reserved: readonly Reserved[], exclude?: string): [Pool, NodeView] {
  const ipam = {
    type: "host-local",
    subnet,
    ...(exclude === undefined ? {} : { exclude: [exclude] }),
  };
  const place = rangePlace({ network: "one", config: { type: "bridge", ipam } });
  const range = place.sets[0]?.[0];
  const pool = { network: "one", directory: DIRECTORY, range } as unknown as Pool;
  const reservations = reserved.map(({ address, state }) => {
    const containerId = `c-${address}`;
    const holder =
      state === undefined
        ? { kind: "container" as const, containerId, isLine: true }
        : { kind: "attachment" as const, containerId, ifName: "eth0" };
    return { network: "one", address, path: `${DIRECTORY}/${address}`, holder };
  });
  const attachments = reserved.flatMap(({ address, state }, at): NodeAttachment[] => {
    if (state === undefined) return [];
    return [
      {
        ...{ network: "one", containerId: `c-${address}`, ifName: "eth0", sources: ["cache"] },
        ...{ findings: [], netns: "", netnsState: "alive", finished: true, earlierBoot: false },
        ...{ addresses: [`${address}/24`], ports: [], state },
        reservations: [reservations[at]],
      } as unknown as NodeAttachment,
    ];
  });
  return [pool, { attachments, reservations } as unknown as NodeView];
}

/** As `first-last use name`. */
function shown(runs: readonly AddressRunForm[]): string[] {
  return runs.map(({ first, last, use, containerId = "" }) =>
    `${first === last ? first : `${first}-${last}`} ${use} ${containerId}`.trim(),
  );
}

test("what is taken, leaked, kept, excluded and the gateway are runs, and what is free is in none", () => {
  const reserved: Reserved[] = [
    { address: "10.1.0.2", state: "ok" },
    { address: "10.1.0.3", state: "leak" },
    { address: "10.1.0.6", state: "drift" },
    { address: "10.1.0.9" },
    { address: "10.1.0.20", state: "unfinished" },
    { address: "10.1.0.21", state: "orphan" },
    { address: "10.9.0.1", state: "ok" },
  ];
  const { runs, more } = runsOf(...scene("10.1.0.0/24", reserved, "10.1.0.4-10.1.0.8"));
  expect(shown(runs)).toEqual([
    "10.1.0.1 gateway",
    "10.1.0.2 in use c-10.1.0.2",
    "10.1.0.3 leaked c-10.1.0.3",
    "10.1.0.4-10.1.0.5 excluded",
    "10.1.0.6 in use c-10.1.0.6",
    "10.1.0.7-10.1.0.8 excluded",
    "10.1.0.9 reserved c-10.1.0.9",
    "10.1.0.20 reserved c-10.1.0.20",
    "10.1.0.21 leaked c-10.1.0.21",
  ]);
  expect(more).toBe(false);
});

test("an address without its reservation is in use all the same", () => {
  const [pool, view] = scene("10.1.0.0/24", [{ address: "10.1.0.7", state: "drift" }]);
  const { runs } = runsOf(pool, { ...view, reservations: [] });
  expect(shown(runs)).toEqual(["10.1.0.1 gateway", "10.1.0.7 in use c-10.1.0.7"]);
});

test("of a full /16 neighbours of one use are one run", () => {
  const all = Array.from({ length: 60_000 }, (_, at): Reserved => {
    const number = at + 2;
    return {
      address: `10.1.${number >> 8}.${number & 255}`,
      state: number === 300 ? "leak" : "ok",
    };
  });
  const begun = performance.now();
  const { runs, more } = runsOf(...scene("10.1.0.0/16", all));
  expect(shown(runs)).toEqual([
    "10.1.0.1 gateway",
    "10.1.0.2-10.1.1.43 in use",
    "10.1.1.44 leaked",
    "10.1.1.45-10.1.234.97 in use",
  ]);
  expect(more).toBe(false);
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test("more runs than an answer holds are cut, and it says so", () => {
  const all = Array.from({ length: 10_000 }, (_, at): Reserved => {
    const number = 2 * at + 3;
    return { address: `10.1.${number >> 8}.${number & 255}`, state: "ok" };
  });
  const { runs, more } = runsOf(...scene("10.1.0.0/16", all));
  expect([runs.length, more]).toEqual([4096, true]);
});

test("of IPv6 what is used is told, however large the range is", () => {
  const [pool, view] = scene("fd06::/64", [
    { address: "fd06::2", state: "ok" },
    { address: "fd06::ffff:0:0:1", state: "ok" },
  ]);
  const { runs } = runsOf(pool, view);
  expect(shown(runs)).toEqual([
    "fd06::1 gateway",
    "fd06::2 in use c-fd06::2",
    "fd06::ffff:0:0:1 in use c-fd06::ffff:0:0:1",
  ]);
});
