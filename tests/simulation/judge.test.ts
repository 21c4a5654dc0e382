import { describe, expect, test } from "bun:test";
import { addAll, calmWorld, pass } from "./calm.ts";
import type { Host, World } from "./world.ts";

const patience = 60_000;

/**
 * One node takes blocks while the other is away; then both machines stop, and the store goes back to before.
 * The other one comes back, and is made to forget what it has seen since the backup where it has seen it.
 */
function restoredFleet(hasSeenLater: boolean): { readonly world: World; readonly away: Host } {
  const { world, hosts } = calmWorld({
    nodes: 2,
    subnet: "10.42.0.0/28",
    blockSize: 30,
    quarantineMs: 600_000,
  });
  const [away, taker] = hosts;
  if (away === undefined || taker === undefined) throw new Error("no machine");
  pass(world, 5000);
  const backup = world.engine.backup();
  const before = away.machine.disk.picture;
  if (before === undefined) throw new Error("no picture");
  if (!hasSeenLater) world.network.cut.add("n1");
  expect(addAll(world, taker, 4)).not.toContain(undefined);
  world.network.cut.add("n1");
  world.network.cut.add("n2");
  world.stopMember(away);
  pass(world, 5000);
  world.network.breakConnections();
  world.engine.restore(backup);
  world.judge.restored();
  away.machine.disk.picture = before;
  world.network.cut.delete("n1");
  return { world, away };
}

describe("the judge of a store that went back", () => {
  test(
    "allows what a machine takes that has seen nothing later than the backup",
    () => {
      const { world, away } = restoredFleet(false);
      world.startMember(away);
      for (let at = 0; at < 8; at++) addAll(world, away, 1);
      const all = [...world.judge.living.values()].flatMap(({ addresses }) =>
        addresses.map(String),
      );
      expect(new Set(all).size).toBeLessThan(all.length);
      expect(world.judge.breaches).toEqual([]);
    },
    patience,
  );

  test(
    "names it where the machine had seen more",
    () => {
      const { world, away } = restoredFleet(true);
      world.startMember(away);
      for (let at = 0; at < 8; at++) addAll(world, away, 1);
      expect(world.judge.breaches).not.toEqual([]);
    },
    patience,
  );
});
