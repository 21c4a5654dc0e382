import { beforeEach, describe, expect } from "bun:test";
import { bandwidthLab, IFB, LIMITS } from "../../../tests/support/bandwidth.ts";
import { type ChainRequest, runChain } from "../../../tests/support/chain.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import {
  debianPlugins,
  hawserPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";

const lab = bandwidthLab();
beforeEach(async () => await lab.remember());

const added = async (): Promise<string[]> => await lab.differences();

describe.each([debianPlugins(), newestPlugins()])("the reference plugin ($name)", (set) => {
  const test = skipBecause(set.missing);
  const must = async (command: "ADD" | "CHECK" | "DEL", keys = LIMITS): Promise<string> => {
    const { exitCode, stdout } = await lab.program(set, command, keys);
    expect([command, exitCode, exitCode === 0 ? "" : stdout]).toEqual([command, 0, ""]);
    return stdout;
  };

  test(`${set.name}: what it adds, our CHECK accepts and our DEL removes`, async () => {
    await must("ADD");
    await lab.must("CHECK");
    await lab.must("DEL");
    expect(await added()).toEqual([]);
  });

  test(`${set.name}: what we add, its CHECK accepts and its DEL removes`, async () => {
    await lab.must("ADD");
    await must("CHECK");
    await must("DEL");
    expect(await lab.devices()).toEqual([]);
    // It leaves the qdiscs of the host's end to the end of the link; our DEL does not.
    await lab.must("DEL");
    expect(await added()).toEqual([]);
  });

  test(`${set.name}: both make the same limits, to the tick and the byte`, async () => {
    const odd = {
      ...{ ingressRate: 12_345_678, ingressBurst: 7_654_321 },
      ...{ egressRate: 44_000_000_008, egressBurst: 800_000_000 },
    };
    const seen = async (): Promise<unknown> => {
      const all = [...(await lab.qdiscs(lab.hostEnd)), ...(await lab.qdiscs(IFB))];
      return all.map(({ kind, handle, options }) => ({ kind, handle, options }));
    };
    await must("ADD", odd);
    const theirs = await seen();
    await lab.must("CHECK", odd);
    await lab.must("DEL", odd);
    await lab.must("ADD", odd);
    expect(await seen()).toEqual(theirs);
    await must("CHECK", odd);
  });

  test(`${set.name}: the result is the same but for the device's address`, async () => {
    const masked = (text: string): unknown => {
      const { dns: _, ...result } = JSON.parse(text) as {
        interfaces: { name: string; mac?: string }[];
        dns?: unknown;
      };
      for (const each of result.interfaces) if (each.name === IFB) each.mac = "";
      return result;
    };
    const theirs = await must("ADD");
    await lab.must("DEL");
    const cniVersion = "1.0.0";
    const prevResult = { ...lab.prevResult, cniVersion };
    const ours = await lab.call("ADD", { ...LIMITS, cniVersion, prevResult });
    expect(masked(ours.stdout)).toEqual(masked(theirs));
  });
});

const BRIDGE = {
  ...{ type: "bridge", bridge: "cni0", isGateway: true },
  ipam: { type: "host-local", ranges: [[{ subnet: "10.9.0.0/24" }]] },
};
const LIST = {
  ...{ cniVersion: "1.0.0", name: "net1" },
  plugins: [BRIDGE, { type: "bandwidth", capabilities: { bandwidth: true } }],
};

describe("a bridge with the limits of the runtime", () => {
  const own = hawserPlugins();
  const sets: readonly PluginSet[] = [own, debianPlugins(), newestPlugins()];
  const pairs = sets.flatMap((adder) => sets.map((remover) => ({ adder, remover })));
  for (const { adder, remover } of pairs.filter((p) => p.adder === own || p.remover === own)) {
    const test = skipBecause(adder.missing ?? remover.missing);
    test(`added by ${adder.name} is checked and removed by ${remover.name}`, async () => {
      const request: Omit<ChainRequest, "dir" | "operation"> = {
        list: LIST,
        attachment: {
          ...{ containerId: "cid1", netns: lab.c1.netns, ifName: "eth7" },
          capabilityArgs: { bandwidth: LIMITS },
        },
      };
      const { result } = await runChain({ ...request, dir: adder.dir, operation: "ADD" });
      expect(result?.interfaces?.map(({ name }) => name)).toEqual([
        ...["cni0", expect.stringMatching(/^veth/) as string, "eth7", IFB],
      ]);
      const prevResult = result ?? {};
      await runChain({ ...request, dir: remover.dir, operation: "CHECK", prevResult });
      await runChain({ ...request, dir: remover.dir, operation: "DEL", prevResult });
      // No other implementation knows the note of the namespace; GC removes it.
      const isNote = (line: string): boolean => line.startsWith("+ file: /run/hawser/netns/");
      const left = leaks(await added());
      expect(remover === own ? left : left.filter((line) => !isNote(line))).toEqual([]);
    });
  }
});
