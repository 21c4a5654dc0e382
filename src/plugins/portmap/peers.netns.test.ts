import { describe, expect } from "bun:test";
import { join } from "node:path";
import { must } from "../../../tests/support/exec.ts";
import { resultOf } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import { type PortCall, portLab } from "../../../tests/support/port-lab.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import type { JsonObject } from "../../spec/index.ts";

requireOwnNamespaces();

// The layouts of the reference plugins, rule by rule, and each implementation's rules in the hands
// of the other.

const lab = portLab(2);

const WEB = [
  { hostPort: 8080, containerPort: 80, protocol: "tcp" },
  { hostPort: 8053, containerPort: 53, protocol: "udp" },
];
const MANY = Array.from({ length: 40 }, (_none, at) => ({
  hostPort: 9000 + at,
  containerPort: 100 + at,
  protocol: at % 3 === 0 ? "udp" : "tcp",
}));
const SHAPES: readonly { what: string; mappings: readonly JsonObject[]; keys: object }[] = [
  { what: "two protocols", mappings: WEB, keys: {} },
  { what: "40 ports", mappings: MANY, keys: {} },
  { what: "no snat", mappings: WEB, keys: { snat: false } },
  {
    what: "addresses of the host",
    mappings: [
      { hostPort: 81, containerPort: 80, protocol: "tcp", hostIP: "192.0.2.1" },
      { hostPort: 82, containerPort: 80, protocol: "tcp", hostIP: "2001:db8::1" },
      { hostPort: 83, containerPort: 80, protocol: "udp", hostIP: "0.0.0.0" },
      { hostPort: 84, containerPort: 80, protocol: "tcp", hostIP: "::" },
    ],
    keys: {},
  },
];
const IPTABLES_SHAPES = [
  { what: "another mark", mappings: WEB, keys: { markMasqBit: 31 } },
  { what: "masqAll", mappings: WEB, keys: { masqAll: true } },
  {
    what: "conditions",
    mappings: WEB,
    keys: { conditionsV4: ["!", "-s", "192.0.2.9"], conditionsV6: ["-i", "uplink"] },
  },
];
const NFTABLES_SHAPES = [
  {
    what: "conditions",
    mappings: WEB,
    keys: { conditionsV4: ["ip", "saddr", "!=", "192.0.2.9"], conditionsV6: ["iif", "uplink"] },
  },
];

type Side = (command: "ADD" | "CHECK" | "DEL", call: PortCall) => Promise<void>;

const ours: Side = async (command, call) => {
  const { exitCode, stdout } = await lab.call(command, call);
  expect(exitCode === 0 ? "" : stdout).toBe("");
};

/** Debian's portmap looks for IPv4 rules in ip6tables, too: it cannot check what it has made. */
function theirs(set: PluginSet): Side {
  return async (command, call) => {
    if (set.name === "debian" && command === "CHECK") return;
    expect(await lab.callProgram(join(set.dir, "portmap"), command, call)).toBe("");
  };
}

async function iptablesRules(): Promise<string[]> {
  const saved = await Promise.all(
    ["iptables-save", "ip6tables-save"].map(async (program) => await must([program, "-t", "nat"])),
  );
  return saved
    .join("\n")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/ \[\d+:\d+\]$/u, ""));
}

/** Chains may come in another order; the rules of each may not. */
async function layoutOf(backend: string): Promise<unknown> {
  if (backend === "nftables") return (await must(["nft", "-s", "list", "ruleset"])).split("\n");
  const lines = await iptablesRules();
  const chain = (line: string): string => line.match(/^-A (\S+)/u)?.[1] ?? "";
  const rules = Map.groupBy(
    lines.filter((line) => line.startsWith("-A ")),
    chain,
  );
  return {
    chains: lines.filter((line) => line.startsWith(":")).toSorted(),
    rules: Object.fromEntries([...rules].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

interface Pair {
  readonly set: PluginSet;
  readonly backend: "iptables" | "nftables";
}

const [debian, newest] = [debianPlugins(), newestPlugins()];
const pairs: Pair[] = [
  { set: debian, backend: "iptables" },
  { set: newest, backend: "iptables" },
  { set: newest, backend: "nftables" },
];

describe.each(pairs)("$backend beside the portmap of $set.name", ({ set, backend }) => {
  const own = backend === "iptables" ? IPTABLES_SHAPES : NFTABLES_SHAPES;
  const test = skipBecause(set.missing);

  // Debian's release does not know masqAll.
  const isKnown = ({ what }: (typeof SHAPES)[number]): boolean =>
    what !== "masqAll" || set.name !== "debian";
  for (const { what, mappings, keys } of [...SHAPES, ...own].filter(isKnown)) {
    const named = set.name === "debian" ? keys : { ...keys, backend };
    const call = (): PortCall => ({ member: lab.member(1), mappings, keys: { ...named, backend } });
    const foreign = (): PortCall => ({ ...call(), keys: named });

    test(`the rules are the same: ${what}`, async () => {
      await theirs(set)("ADD", foreign());
      const wanted = await layoutOf(backend);
      await lab.end();
      await ours("ADD", call());
      expect(await layoutOf(backend)).toEqual(wanted);
    });

    test(`what they add, we check and remove: ${what}`, async () => {
      const before = await lab.host.snapshot();
      await theirs(set)("ADD", foreign());
      await ours("CHECK", call());
      await ours("DEL", call());
      await ours("DEL", call());
      expect(leaks(diff(before, await lab.host.snapshot()))).toEqual([]);
    });

    test(`what we add, they check and remove: ${what}`, async () => {
      const before = await lab.host.snapshot();
      await ours("ADD", call());
      await theirs(set)("CHECK", foreign());
      await theirs(set)("DEL", foreign());
      // The owner record is left: DEL of ours, or GC, takes it away.
      const isRecord = (line: string): boolean => line.startsWith("+ file: /run/hawser/ports/");
      const left = leaks(diff(before, await lab.host.snapshot())).filter((each) => !isRecord(each));
      expect(left).toEqual([]);
      await ours("DEL", call());
      expect(leaks(diff(before, await lab.host.snapshot()))).toEqual([]);
    });
  }

  test("both keep mappings side by side", async () => {
    const keys = set.name === "debian" ? {} : { backend };
    const foreign = { member: lab.member(1), mappings: WEB, keys };
    const mappings = [{ hostPort: 8090, containerPort: 80, protocol: "tcp" }];
    const call = { member: lab.member(2), mappings, keys: { backend } };
    await theirs(set)("ADD", foreign);
    await ours("ADD", call);
    const { hostAgent, outside } = lab;
    const ask = async (port: number): Promise<string> =>
      await hostAgent.ask("tcp", outside.hostAddress4, port);
    expect(await ask(8080)).toStartWith("c1 ");
    expect(await ask(8090)).toStartWith("c2 ");
    await ours("DEL", call);
    expect(await ask(8080)).toStartWith("c1 ");
    await ours("ADD", call);
    await theirs(set)("DEL", foreign);
    expect(await ask(8090)).toStartWith("c2 ");
    await ours("CHECK", call);
  });
});

describe("many at once", () => {
  const test = skipBecause(undefined);
  for (const backend of ["own", "iptables", "nftables"]) {
    test(`the first mappings of a host, made at the same moment, are all there: ${backend}`, async () => {
      const keys = backend === "own" ? {} : { backend };
      const calls = Array.from({ length: 8 }, (_none, at) => {
        const member = lab.member(1 + (at % 2));
        const address = `10.1.1.${10 + at}/16`;
        const prevResult = resultOf(member.container.netns, [address]);
        const mappings = [{ hostPort: 7000 + at, containerPort: 80, protocol: "tcp" }];
        return {
          member: { ...member, prevResult },
          address,
          containerId: `id${at}`,
          mappings,
          keys,
        };
      });
      for (const { member, address } of calls) {
        const inside = ["ip", "-n", member.container.name];
        await must([...inside, "address", "replace", address, "dev", "eth0"]);
      }
      await Promise.all(calls.map(async (call) => await ours("ADD", call)));
      for (const call of calls) await ours("CHECK", call);
      for (const at of calls.keys()) {
        const answer = await lab.hostAgent.ask("tcp", lab.outside.hostAddress4, 7000 + at);
        expect(answer).toStartWith(`c${1 + (at % 2)} `);
      }
      const entries = (await iptablesRules()).filter((line) => line.startsWith("-A PREROUTING"));
      expect(entries.length).toBe(backend === "iptables" ? 1 : 0);
      await Promise.all(calls.map(async (call) => await ours("DEL", call)));
      expect((await must(["nft", "list", "ruleset"])).match(/700\d/u)).toBeNull();
    });
  }
});
