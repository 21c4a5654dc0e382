import { beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failOnLeakedNetlinkSockets } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { GATEWAY4 } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs } from "../../../tests/support/needs.ts";
import { type PortCall, portLab } from "../../../tests/support/port-lab.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import type { Operation } from "../../spec/index.ts";
import { plugin } from "./index.ts";

requireOwnNamespaces();

// CHECK names each kind of damage, and a failing ADD leaves no trace.

const lab = portLab(1);
beforeAll(() => {
  tools = mkdtempSync("/run/tools-");
});

let tools = "";
failOnLeakedNetlinkSockets();

const CHAIN = "CNI-DN-"; // begins the name of a container's chain
const MAPPINGS = [
  { hostPort: 8080, containerPort: 80, protocol: "tcp" },
  { hostPort: 8053, containerPort: 80, protocol: "udp", hostIP: GATEWAY4 },
];

async function outcome(command: Operation, keys: object, more: PortCall = {}): Promise<unknown> {
  const call = { member: lab.member(1), mappings: MAPPINGS, keys, ...more };
  const { exitCode, json } = await lab.call(command, call);
  return exitCode === 0 ? "fine" : json;
}

/** What CHECK says after ADD and some commands of the administrator's. */
async function afterDamage(keys: object, commands: readonly string[]): Promise<unknown> {
  expect(await outcome("ADD", keys)).toBe("fine");
  expect(await outcome("CHECK", keys)).toBe("fine");
  for (const command of commands) await must(await words(command));
  return await outcome("CHECK", keys);
}

/** `@chain` stands for the container's chain, `@handle(PLACE, TEXT)` for the handle of a rule. */
async function words(command: string): Promise<string[]> {
  let text = command;
  if (text.includes("@chain")) {
    const saved = await must(["iptables-save", "-t", "nat"]);
    text = text.replace("@chain", saved.match(new RegExp(`:(${CHAIN}\\S+)`, "u"))?.[1] ?? "none");
  }
  const [whole, place = "", part = ""] = text.match(/@handle\((.*?), (.*?)\)/u) ?? [];
  if (whole !== undefined) {
    const list = await must(["nft", "-a", "list", "chain", ...place.split(" ")]);
    const line = list.split("\n").find((each) => each.includes(part));
    text = text.replace(whole, line?.match(/handle (\d+)/u)?.[1] ?? "none");
  }
  return text.split(" ");
}

describe("CHECK of our own layout", () => {
  const table = "inet hawser_ports";
  const element = "hostports4 { tcp . 8080 }";
  test.each([
    [
      "an element is deleted",
      [`nft delete element ${table} ${element}`],
      "port mappings: tcp port 8080 → 10.1.0.11:80 of this container is missing in hostports4 of table inet hawser_ports",
    ],
    [
      "an element with an address of the host is deleted",
      [`nft delete element ${table} hostips4 { ${GATEWAY4} . udp . 8053 }`],
      "port mappings: udp 10.1.0.1:8053 → 10.1.0.11:80 of this container is missing in hostips4 of table inet hawser_ports",
    ],
    [
      "an element's data are changed",
      [
        `nft delete element ${table} ${element}`,
        `nft add element ${table} hostports4 { tcp . 8080 comment "net1 c1 eth0" : 10.1.0.77 . 80 }`,
      ],
      "port mappings: tcp port 8080 → 10.1.0.11:80 of this container is missing in hostports4 of table inet hawser_ports",
    ],
    [
      "the container is not masqueraded any more",
      [`nft flush set ${table} hairpin-net1-10.1.0.0/16`],
      "port mappings: an address of this container is missing in hairpin-net1-10.1.0.0/16 of table inet hawser_ports",
    ],
    [
      "a rule is deleted",
      [`nft delete rule ${table} output handle @handle(${table} output, hostports4)`],
      "port mappings: chain output of table inet hawser_ports lacks the rule that looks into hostports4",
    ],
    [
      "a rule of a set is deleted",
      [`nft delete rule ${table} postrouting handle @handle(${table} postrouting, 127.0.0.0/8)`],
      "port mappings: chain postrouting of table inet hawser_ports lacks the rule that looks into hairpin-net1-10.1.0.0/16",
    ],
    [
      "a base chain is flushed",
      [`nft flush chain ${table} prerouting`],
      "port mappings: chain prerouting of table inet hawser_ports lacks the rule that the layout begins with",
    ],
    [
      "a base chain is deleted",
      [`nft flush chain ${table} output`, `nft delete chain ${table} output`],
      "port mappings: table inet hawser_ports has no chain output",
    ],
    [
      "the whole table is deleted",
      [`nft delete table ${table}`],
      "port mappings: tcp port 8080 → 10.1.0.11:80 of this container is missing in hostports4 of table inet hawser_ports",
    ],
  ] as const)("says so when %s", async (_what, commands, msg) => {
    expect(await afterDamage({}, commands)).toMatchObject({ code: 100, msg });
  });

  test("says who has the port when the data are others", async () => {
    const json = await afterDamage({}, [
      `nft delete element ${table} ${element}`,
      `nft add element ${table} hostports4 { tcp . 8080 : 10.1.0.77 . 80 }`,
    ]);
    expect(json).toMatchObject({ details: "the one in its place is of an unknown owner" });
  });

  test("ADD after the table was deleted lays it anew", async () => {
    await afterDamage({}, [`nft delete table ${table}`]);
    expect(await outcome("ADD", {})).toBe("fine");
    expect(await outcome("CHECK", {})).toBe("fine");
  });
});

describe("821, 707: CHECK of the iptables backend compares every rule, each family by itself", () => {
  const nat = "iptables -t nat";
  test.each([
    [
      "the translation is deleted",
      [`${nat} -D @chain -p tcp --dport 8080 -j DNAT --to-destination 10.1.0.11:80`],
      "does not map tcp port 8080 → 10.1.0.11:80",
    ],
    [
      "the rule for the host's loopback is deleted",
      [`${nat} -D @chain -p tcp --dport 8080 -s 127.0.0.1 -j CNI-HOSTPORT-SETMARK`],
      "does not map tcp port 8080 → 10.1.0.11:80",
    ],
    ["the chain is flushed", [`${nat} -F @chain`], "does not map tcp port 8080 → 10.1.0.11:80"],
    [
      "the IPv6 chain is flushed",
      ["ip6tables -t nat -F @chain"],
      "does not map tcp port 8080 → [fd00:10:1::11]:80",
    ],
    [
      "no rule leads to the chain",
      [`${nat} -F CNI-HOSTPORT-DNAT`],
      "iptables: no rule of CNI-HOSTPORT-DNAT leads tcp ports 8080 of IPv4 to chain CNI-DN-",
    ],
    [
      "no rule leads to the shared chain",
      [`${nat} -D OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT`],
      "iptables: table nat of IPv4 lacks the rule -A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
    ],
    [
      "everything is gone",
      ["nft flush ruleset"],
      "iptables: table nat of IPv4 lacks chain CNI-HOSTPORT-DNAT",
    ],
  ] as const)("says so when %s", async (_what, commands, msg) => {
    const json = await afterDamage({ backend: "iptables" }, commands);
    expect(json).toMatchObject({ code: 100, msg: expect.stringContaining(msg) as string });
  });
});

describe("821, 707: CHECK of the nftables backend compares every rule", () => {
  const table = "ip cni_hostport";
  test.each([
    [
      "a mapping is deleted",
      [`nft delete rule ${table} hostports handle @handle(${table} hostports, tcp dport 8080)`],
      "nftables: ip cni_hostport does not map tcp port 8080 → 10.1.0.11:80",
    ],
    [
      "a mapping leads elsewhere",
      [
        `nft delete rule ${table} hostports handle @handle(${table} hostports, udp dport 8053)`,
        `nft add rule ${table} hostports ip daddr ${GATEWAY4} udp dport 8053 dnat to 10.1.0.77:80 comment c1`,
      ],
      "nftables: ip cni_hostport does not map udp 10.1.0.1:8053 → 10.1.0.11:80",
    ],
    [
      "the IPv6 mappings are gone",
      ["nft flush chain ip6 cni_hostport hostports"],
      "nftables: ip6 cni_hostport does not map tcp port 8080 → [fd00:10:1::11]:80",
    ],
    [
      "the container is not masqueraded",
      [`nft delete rule ${table} masquerading handle @handle(${table} masquerading, 127.0.0.1)`],
      "nftables: ip cni_hostport does not masquerade 127.0.0.1 to 10.1.0.11",
    ],
    [
      "a base chain is flushed",
      [`nft flush chain ${table} output`],
      "nftables: no rule of chain output in ip cni_hostport leads to hostports_all",
    ],
    [
      "the table is gone",
      [`nft delete table ${table}`],
      "nftables: no rule of chain prerouting in ip cni_hostport leads to hostports_all",
    ],
  ] as const)("says so when %s", async (_what, commands, msg) => {
    expect(await afterDamage({ backend: "nftables" }, commands)).toMatchObject({ code: 100, msg });
  });
});

describe("a failing ADD leaves no trace", () => {
  /** Runs an ADD that has to fail, and compares the host before with the host after. */
  async function failing(keys: object, more: PortCall = {}): Promise<unknown> {
    const before = await lab.host.snapshot();
    const json = await outcome("ADD", keys, more);
    expect(json).not.toBe("fine");
    expect(leaks(diff(before, await lab.host.snapshot()))).toEqual([]);
    return json;
  }

  /** A PATH on which these programs are the real ones, and those are scripts. */
  async function pathWith(real: readonly string[], scripts: Readonly<Record<string, string>> = {}) {
    rmSync(tools, { recursive: true, force: true });
    mkdirSync(tools);
    for (const name of real) {
      const found = Bun.which(name);
      if (found !== null) symlinkSync(found, join(tools, name));
    }
    for (const [name, text] of Object.entries(scripts)) {
      writeFileSync(join(tools, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(tools, name), 0o755);
    }
    return { PATH: tools };
  }

  test.each(["iptables", "nftables"] as const)(
    "1280: a backend that is named and not installed is told with what to do: %s",
    async (backend) => {
      const env = await pathWith([]);
      const program = backend === "iptables" ? "iptables-save" : "nft";
      expect(await failing({ backend }, { env })).toMatchObject({
        code: 50,
        msg: `${program} is not installed; install it, or leave the backend unset`,
      });
      expect(await outcome("STATUS", { backend }, { env })).toMatchObject({
        code: 50,
        msg: expect.stringContaining("on PATH; install it, or leave the backend unset") as string,
      });
      // Our own layout needs no program.
      expect(await outcome("ADD", {}, { env })).toBe("fine");
      expect(await outcome("CHECK", {}, { env })).toBe("fine");
      expect(await outcome("STATUS", {}, { env })).toBe("fine");
    },
  );

  test("the rules of IPv4 go when those of IPv6 are refused", async () => {
    const real = ["iptables-save", "iptables-restore", "ip6tables-save"];
    const refusing = { "ip6tables-restore": "echo no IPv6 today >&2; exit 1" };
    const env = await pathWith(real, refusing);
    expect(await failing({ backend: "iptables" }, { env })).toMatchObject({
      code: 5,
      msg: "ip6tables-restore failed: no IPv6 today",
    });
  });

  test("a program that is killed is no success", async () => {
    const env = await pathWith([], { nft: "kill -KILL $$" });
    expect(await failing({ backend: "nftables" }, { env })).toMatchObject({ code: 5 });
  });

  test("conditions that nft does not understand are told in its words", async () => {
    const keys = { conditionsV4: ["this is not a match"] };
    expect(await failing(keys)).toMatchObject({
      code: 5,
      msg: expect.stringContaining("syntax error") as string,
    });
  });

  test("conditions that iptables does not understand are told in its words", async () => {
    const keys = { conditionsV4: ["--no-such-option", "x"] };
    expect(await failing(keys)).toMatchObject({
      code: 5,
      msg: expect.stringContaining("no-such-option") as string,
    });
  });

  // With backend nftables nothing is kept there.
  test.each([{}, { backend: "iptables" }])(
    "a state directory that cannot be written stops ADD before anything is made: %j",
    async (keys) => {
      writeFileSync("/run/file", "");
      const env = { HAWSER_STATE_DIR: "/run/file/inside" };
      expect(await failing(keys, { env })).toMatchObject({
        code: 5,
        details: "HAWSER_STATE_DIR can name another directory",
      });
    },
  );

  test("a table of our name that somebody else made otherwise", async () => {
    await must(["nft", "add table inet hawser_ports"]);
    await must(["nft", "add set inet hawser_ports hostports4 { type ipv4_addr; }"]);
    expect(await failing({})).toMatchObject({
      msg: expect.stringContaining("hostports4") as string,
    });
  });

  test("a signal before the start", async () => {
    const before = await lab.host.snapshot();
    const { tryPlugin } = await import("../../plugin/index.ts");
    const member = lab.member(1);
    const answer = await tryPlugin(plugin, {
      operation: "ADD",
      config: JSON.stringify(lab.config("ADD", { member, mappings: MAPPINGS })),
      signal: AbortSignal.abort(new Error("enough")),
    });
    expect(answer.exitCode).toBe(1);
    expect(leaks(diff(before, await lab.host.snapshot()))).toEqual([]);
  });
});

needs("iptables-legacy", "iptables-legacy-restore")(
  "DEL removes the layout that iptables-legacy made, of today and of releases before 0.7",
  async () => {
    const chains = ["CNI-DN-e8f6f419596f7f47b3468", "CNI-SN-e8f6f419596f7f47b3468"] as const;
    const tops = ["CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SNAT"] as const;
    for (const program of ["iptables-legacy", "ip6tables-legacy"]) {
      const run = async (...argv: string[]): Promise<string> =>
        await must([program, "-t", "nat", ...argv]);
      for (const [at, chain] of chains.entries()) {
        const top = tops[at] ?? "";
        for (const name of [chain, top, `${chain.slice(0, -1)}9`]) await run("-N", name);
        await run("-A", chain, "-p", "tcp", "--dport", "80", "-j", "ACCEPT");
        const comment = ["-m", "comment", "--comment", 'dnat name: "net1" id: "cid1"'];
        await run("-A", top, "-p", "tcp", ...comment, "-j", chain);
        await run("-A", top, "-p", "tcp", "-j", `${chain.slice(0, -1)}9`);
      }
    }
    for (const _again of [1, 2]) {
      expect(await outcome("DEL", {}, { containerId: "cid1", mappings: [] })).toBe("fine");
      for (const program of ["iptables-legacy-save", "ip6tables-legacy-save"]) {
        const saved = await must([program, "-t", "nat"]);
        for (const chain of chains) {
          expect(saved).not.toContain(chain);
          expect(saved).toContain(`-j ${chain.slice(0, -1)}9`);
        }
      }
    }
    // Without the programs there is nothing of ours to remove, and DEL goes on.
    const env = { PATH: "/nonexistent" };
    expect(await outcome("DEL", {}, { containerId: "cid2", env })).toBe("fine");
  },
);
