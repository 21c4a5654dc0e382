import { describe, expect } from "bun:test";
import { join } from "node:path";
import { must } from "../../../tests/support/exec.ts";
import { type FirewallCall, firewallLab } from "../../../tests/support/firewall-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";

requireOwnNamespaces();

// The layout of the reference plugin, rule by rule, and each implementation's rules in the hands
// of the other.

const lab = firewallLab();

type Side = (command: "ADD" | "CHECK" | "DEL", call: FirewallCall) => Promise<void>;

const ours: Side = async (command, call) => {
  const { exitCode, stdout } = await lab.call(command, call);
  expect(exitCode === 0 ? "" : stdout).toBe("");
};

function theirs({ dir }: PluginSet): Side {
  return async (command, call) => {
    expect(await lab.callProgram(join(dir, "firewall"), command, call)).toBe("");
  };
}

async function layout(): Promise<string[]> {
  const saved = await Promise.all(
    ["iptables-save", "ip6tables-save"].map(
      async (program) => await must([program, "-t", "filter"]),
    ),
  );
  const lines = saved
    .join("\n")
    .split("\n")
    .filter((line) => !line.startsWith("#"));
  const texts = lines.map((line) => line.replace(/ \[\d+:\d+\]$/u, ""));
  // Chains may come in another order; the rules of each may not.
  const isRule = (line: string): boolean => line.startsWith("-A ");
  return [...texts.filter((line) => !isRule(line)).toSorted(), ...texts.filter(isRule)];
}

const OPEN = [{ number: 1, keys: {} }] as const;
type Shape = { what: string; adds: readonly { number: 1 | 2 | 3; keys: object }[] };
const SHAPES: readonly Shape[] = [
  { what: "one container", adds: OPEN },
  { what: "two containers", adds: [...OPEN, { number: 3, keys: {} }] },
  { what: "the same twice", adds: [...OPEN, ...OPEN] },
  { what: "another admin chain", adds: [{ number: 1, keys: { iptablesAdminChainName: "MINE" } }] },
];
const POLICIES: readonly Shape[] = [
  { what: "same-bridge", adds: [{ number: 1, keys: { ingressPolicy: "same-bridge" } }] },
  { what: "isolated", adds: [{ number: 1, keys: { ingressPolicy: "isolated" } }] },
  {
    what: "bridges of all kinds",
    adds: [
      { number: 1, keys: { ingressPolicy: "same-bridge" } },
      { number: 3, keys: { ingressPolicy: "isolated" } },
      { number: 2, keys: { ingressPolicy: "isolated" } },
    ],
  },
];

describe.each([debianPlugins(), newestPlugins()])("beside the firewall of $name", (set) => {
  const test = skipBecause(set.missing);
  const call = ({ number, keys }: Shape["adds"][number]): FirewallCall => ({
    member: lab.member(number),
    keys: { ...keys, backend: "iptables" },
  });
  const shapes = set.name === "debian" ? SHAPES : [...SHAPES, ...POLICIES];

  for (const { what, adds } of shapes) {
    test(`the rules are the same: ${what}`, async () => {
      for (const add of adds) await theirs(set)("ADD", call(add));
      const wanted = await layout();
      await lab.end();
      for (const add of adds) await ours("ADD", call(add));
      expect(await layout()).toEqual(wanted);
    });

    test(`what they add, we check and remove: ${what}`, async () => {
      const before = await lab.host.snapshot();
      for (const add of adds) await theirs(set)("ADD", call(add));
      for (const add of adds) await ours("CHECK", call(add));
      for (const add of adds) await ours("DEL", call(add));
      expect(await containers()).toEqual([]);
      await withoutBridges(async () => await ours("DEL", call(adds[0] ?? OPEN[0])));
      expect(leftOf(diff(before, await lab.host.snapshot()))).toEqual([]);
    });

    test(`what we add, they check and remove: ${what}`, async () => {
      for (const add of adds) await ours("ADD", call(add));
      for (const add of adds) await theirs(set)("CHECK", call(add));
      for (const add of adds) await theirs(set)("DEL", call(add));
      expect(await containers()).toEqual([]);
    });
  }

  test("what they add without a named backend, we remove without one", async () => {
    const unnamed = { member: lab.member(1) };
    await theirs(set)("ADD", unnamed);
    await ours("DEL", unnamed);
    expect(await containers()).toEqual([]);
  });

  test("their late DEL of a container leaves ours in our own layout", async () => {
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    const one = { member: lab.member(1) };
    await theirs(set)("ADD", one);
    await ours("ADD", { ...one, containerId: "newer" });
    await theirs(set)("DEL", one);
    await ours("CHECK", { ...one, containerId: "newer" });
    expect(await lab.reaches(one.member.agent, lab.outside.address4)).toBe(true);
  });

  test("both let containers through side by side", async () => {
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    await ours("ADD", { member: lab.member(2) });
    await theirs(set)("ADD", { member: lab.member(1) });
    await ours("ADD", { member: lab.member(3) });
    for (const number of [1, 2, 3] as const) {
      const { agent } = lab.member(number);
      expect(await lab.reaches(agent, lab.outside.address4)).toBe(true);
    }
    await theirs(set)("DEL", { member: lab.member(1) });
    await ours("CHECK", { member: lab.member(2) });
    await ours("DEL", { member: lab.member(2) });
    expect(await lab.reaches(lab.member(3).agent, lab.outside.address4)).toBe(true);
  });
});

/** Rules for single addresses. */
async function containers(): Promise<string[]> {
  return (await layout())
    .filter((line) => line.startsWith("-A CNI-FORWARD -"))
    .filter((line) => line.endsWith("-j ACCEPT"));
}

/** Another admin chain is shared as the usual one is. */
function leftOf(difference: readonly string[]): string[] {
  return leaks(difference).filter((line) => !line.includes("MINE"));
}

/** Their policies stay until the bridges are gone, which the laboratory's are not: they are renamed. */
async function withoutBridges(work: () => Promise<void>): Promise<void> {
  const rename = async (from: string, to: string): Promise<string> =>
    await must(["ip", "link", "set", from, "name", to]);
  for (const name of ["br0", "br1"]) await rename(name, `${name}-away`);
  try {
    await work();
  } finally {
    for (const name of ["br0", "br1"]) await rename(`${name}-away`, name);
  }
}
