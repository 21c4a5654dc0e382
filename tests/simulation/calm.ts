/** A simulated fleet in which nothing happens but what a test does. */
import { Prefix } from "../../src/addr/index.ts";
import { createMember, type FleetConfig } from "../../src/fleet/index.ts";
import type { Mutant } from "./mutants.ts";
import { type Host, World } from "./world.ts";

export interface CalmOptions extends Partial<FleetConfig> {
  readonly nodes: number;
  readonly subnet?: string;
  readonly blockSize?: number;
  readonly mutant?: Mutant;
}

/** A world whose machines have started, and the machines. */
export function calmWorld(options: CalmOptions): { world: World; hosts: readonly Host[] } {
  const { nodes, subnet = "10.42.0.0/27", blockSize = 30, mutant, ...config } = options;
  const world = new World({
    seed: 1,
    makeMember: createMember,
    ...(mutant === undefined ? {} : { mutant }),
    scenario: {
      config: {
        network: "pods",
        subnets: [Prefix.parse(subnet)],
        blockSizes: [blockSize],
        quarantineMs: 20_000,
        leaseSeconds: 3,
        restMs: 5000,
        overlay: "none",
        ...config,
      },
      nodes,
      calmMs: 0,
      stormMs: 0,
      faultEveryMs: 0,
      loadEveryMs: 0,
      containers: 0,
      drawn: [],
      faults: new Set(),
    },
  });
  const hosts = Array.from({ length: nodes }, (_, at) => world.boot(`n${at + 1}`));
  return { world, hosts };
}

/** Lets so much time pass. */
export function pass(world: World, ms: number): void {
  world.timeline.runUntil(world.timeline.now() + ms);
}

/** Runs so many ADDs at once; each answer, undefined for a refusal. */
export function addAll(world: World, host: Host, count: number): readonly (string | undefined)[] {
  const answers: (string | undefined)[] = [];
  for (let at = 0; at < count; at++) {
    world.add(host, (addresses) => answers.push(addresses?.join()));
  }
  pass(world, 32_000);
  return answers;
}

/** Node ids of the owners of all addresses, each once and in order. */
export function owners(world: World): string[] {
  const values = [...world.engine.entries.values()].filter(({ key }) => key.includes("/block/"));
  const parts = values.flatMap(({ value }) => (JSON.parse(value) as { parts: Part[] }).parts);
  return [...new Set(parts.flatMap(({ node }) => node ?? []))].sort();
}

interface Part {
  readonly node?: string;
}
