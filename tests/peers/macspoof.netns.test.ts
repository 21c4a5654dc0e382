import { describe, expect } from "bun:test";
import { type ChainResult, type Operation, runChain } from "../support/chain.ts";
import { must } from "../support/exec.ts";
import { failureOf } from "../support/fails.ts";
import { hostLab } from "../support/host-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";
import {
  debianPlugins,
  hawserPlugins,
  newestPlugins,
  type PluginSet,
} from "../support/plugin-sets.ts";

/** The bridge's source check, made by one implementation and checked and removed by the other. */

const LIST = {
  cniVersion: "1.0.0",
  name: "guardnet",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      macspoofchk: true,
      ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/24" }]] },
    },
  ],
} as const;
const CHAIN = "cni-br-iface-id-one-eth0";

const lab = hostLab({ remembers: "containers" });
const { one } = lab;

async function call(
  { dir }: PluginSet,
  operation: Operation,
  prevResult?: ChainResult,
): Promise<ChainResult | undefined> {
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  const previous = prevResult === undefined ? {} : { prevResult };
  return (await runChain({ dir, list: LIST, operation, attachment, ...previous })).result;
}

/** The reference plugins' own table, with its base chain, stays, as they leave it. */
async function left(): Promise<string[]> {
  const lines = await lab.changes();
  return lines.filter(
    (line) => !/"(table|name)":"nat"|hawser_macspoof/.test(line) || /id-one/.test(line),
  );
}

const own = hawserPlugins();

describe.each([debianPlugins(), newestPlugins()])("the reference plugin ($name)", (go) => {
  const missing = go.missing ?? own.missing;
  const test = missing === undefined ? needs("nft") : skipBecause(missing);

  test(`${go.name}: its ADD, our CHECK and DEL`, async () => {
    const result = await call(go, "ADD");
    expect(await must(["nft", "list", "table", "bridge", "nat"])).toContain(CHAIN);
    await call(own, "CHECK", result);
    await must(["nft", "flush", "chain", "bridge", "nat", `${CHAIN}-mac`]);
    expect(await failureOf(call(own, "CHECK", result))).toContain("does not stop frames");
    await call(own, "DEL", result);
    expect(await left()).toEqual([]);
  });

  test(`${go.name}: our DEL of what its DEL has left half-way`, async () => {
    const result = await call(go, "ADD");
    await must(["nft", "flush", "chain", "bridge", "nat", CHAIN]);
    await must(["nft", "delete", "chain", "bridge", "nat", `${CHAIN}-mac`]);
    expect(await failureOf(call(own, "CHECK", result))).toContain("leads nowhere");
    await call(own, "DEL", result);
    expect(await left()).toEqual([]);
  });

  test(`${go.name}: our ADD, its CHECK and DEL, and ours after it`, async () => {
    const result = await call(own, "ADD");
    await call(go, "CHECK", result);
    await call(go, "DEL", result);
    await call(own, "DEL", result);
    expect(await left()).toEqual([]);
    expect(await must(["nft", "list", "ruleset"])).not.toContain("id-one");
  });
});
