import { describe, expect, test } from "bun:test";
import { containing, matching } from "../../../tests/faults/words.ts";
import { must } from "../../../tests/support/exec.ts";
import { firewallLab } from "../../../tests/support/firewall-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";

requireOwnNamespaces();

// Our own layout and the one rule that it takes in iptables' chain.

const lab = firewallLab();

async function forwardRules(program = "iptables"): Promise<string[]> {
  return (await must([program, "-S", "FORWARD"])).trim().split("\n");
}

const GATE =
  '-A FORWARD -m mark --mark 0x1000/0x1000 -m comment --comment "hawser firewall bit 12" -j ACCEPT';

describe("what is in the kernel", () => {
  test("is a table of sets, with a rule for each set", async () => {
    await lab.done("ADD", { member: lab.member(1), keys: { ingressPolicy: "isolated" } });
    const listed = (await must(["nft", "list", "table", "inet", "hawser_firewall"])).trim();
    expect(listed.split("\n").map((line) => line.trim())).toEqual([
      "table inet hawser_firewall {",
      'comment "Hawser: containers (firewall)"',
      "set guarded {",
      "type ifname",
      'elements = { "br0" comment "#bridge of net1" }',
      "}",
      "",
      "set within {",
      "type ifname . ifname",
      'elements = { "br0" . "br0" comment "#bridge of net1" }',
      "}",
      "",
      "set isolated {",
      "type ifname . ifname",
      'elements = { "br0" . "br0" comment "#bridge of net1" }',
      "}",
      "",
      "set containers4-bit12 {",
      "type ipv4_addr",
      'elements = { 10.1.0.11 comment "net1 c1 eth0" }',
      "}",
      "",
      "set containers6-bit12 {",
      "type ipv6_addr",
      'elements = { fd00:10:1::11 comment "net1 c1 eth0" }',
      "}",
      "",
      "set behind4-br0 {",
      "type ipv4_addr",
      'elements = { 10.1.0.11 comment "net1 c1 eth0" }',
      "}",
      "",
      "set behind6-br0 {",
      "type ipv6_addr",
      'elements = { fd00:10:1::11 comment "net1 c1 eth0" }',
      "}",
      "",
      "chain forward {",
      "type filter hook forward priority filter - 1; policy accept;",
      "iifname . oifname @isolated drop",
      "iifname @guarded oifname @guarded iifname . oifname != @within drop",
      "ip saddr @containers4-bit12 meta mark set meta mark | 0x00001000",
      "ct state established,related ip daddr @containers4-bit12 meta mark set meta mark | 0x00001000",
      "ct status dnat ip daddr @containers4-bit12 meta mark set meta mark | 0x00001000",
      "ip6 saddr @containers6-bit12 meta mark set meta mark | 0x00001000",
      "ct state established,related ip6 daddr @containers6-bit12 meta mark set meta mark | 0x00001000",
      "ct status dnat ip6 daddr @containers6-bit12 meta mark set meta mark | 0x00001000",
      "}",
      "",
      "chain forwarded {",
      "type filter hook forward priority filter + 1; policy accept;",
      "meta mark & 0x00001000 == 0x00001000 ip saddr @containers4-bit12 meta mark set meta mark & 0xffffefff",
      "meta mark & 0x00001000 == 0x00001000 ip daddr @containers4-bit12 meta mark set meta mark & 0xffffefff",
      "meta mark & 0x00001000 == 0x00001000 ip6 saddr @containers6-bit12 meta mark set meta mark & 0xffffefff",
      "meta mark & 0x00001000 == 0x00001000 ip6 daddr @containers6-bit12 meta mark set meta mark & 0xffffefff",
      "}",
      "}",
    ]);
  });

  test("is no table of iptables where there was none", async () => {
    await lab.done("ADD", { member: lab.member(1) });
    await lab.done("CHECK", { member: lab.member(1) });
    expect((await must(["nft", "list", "tables"])).trim()).toBe("table inet hawser_firewall");
  });

  test("is one rule of iptables, however many containers, which iptables lists and restores", async () => {
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    await lab.done("ADD", { member: lab.member(1) });
    await lab.done("ADD", { member: lab.member(2) });
    expect(await forwardRules()).toEqual(["-P FORWARD DROP", GATE]);
    await must(["iptables", "-C", ...words(GATE)]);
    const saved = await must(["iptables-save"]);
    await must(["iptables-restore"], { stdin: saved });
    await lab.done("CHECK", { member: lab.member(1) });
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(true);
    await lab.done("ADD", { member: lab.member(3) });
    expect(await forwardRules()).toEqual(["-P FORWARD DROP", GATE]);
  });

  test("another bit of the mark has rules of its own", async () => {
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    const call = { member: lab.member(1), keys: { markBit: 31 } };
    await lab.done("ADD", { member: lab.member(2) });
    await lab.done("ADD", call);
    await lab.done("CHECK", call);
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(true);
    expect(await lab.reaches(lab.member(2).agent, lab.outside.address4)).toBe(true);
    expect(await forwardRules()).toHaveLength(3);
    await lab.done("DEL", call);
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(false);
  });
});

function words(rule: string): string[] {
  const found = rule.replace(/^-A /u, "").match(/"[^"]*"|\S+/gu) ?? [];
  return found.map((word) => word.replaceAll('"', ""));
}

describe("others on the host", () => {
  test("Docker's users keep the first word", async () => {
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    for (const chain of ["DOCKER-USER", "DOCKER-FORWARD"]) {
      await must(["iptables", "-N", chain]);
      await must(["iptables", "-A", "FORWARD", "-j", chain]);
    }
    await lab.done("ADD", { member: lab.member(1) });
    expect((await forwardRules()).slice(1)).toEqual([
      "-A FORWARD -j DOCKER-USER",
      GATE,
      "-A FORWARD -j DOCKER-FORWARD",
    ]);
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(true);
    await must(["iptables", "-A", "DOCKER-USER", "-s", "10.1.0.11", "-j", "DROP"]);
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(false);
  });

  test("an administrator's chain is asked first, also one that comes later", async () => {
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    await lab.done("ADD", { member: lab.member(1) });
    await must(["iptables", "-N", "CNI-ADMIN"]);
    await must(["iptables", "-A", "CNI-ADMIN", "-s", "10.1.0.11", "-j", "DROP"]);
    const answer = await lab.call("CHECK", { member: lab.member(1) });
    expect(answer.json).toMatchObject({
      code: 100,
      msg: "firewall: chain FORWARD of table ip filter does not ask chain CNI-ADMIN before it accepts",
    });
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(true);
    await lab.done("ADD", { member: lab.member(2) });
    expect((await forwardRules()).slice(1)).toEqual([
      '-A FORWARD -m comment --comment "hawser firewall admin overrides" -j CNI-ADMIN',
      GATE,
    ]);
    await lab.done("CHECK", { member: lab.member(1) });
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(false);
    expect(await lab.reaches(lab.member(2).agent, lab.outside.address4)).toBe(true);
    await lab.done("GC", { member: lab.member(1) });
    expect(await forwardRules()).toEqual(["-P FORWARD DROP"]);
  });

  test("a rule that rejects the rest comes behind ours, as distributions ship it", async () => {
    await must(["iptables", "-A", "FORWARD", "-j", "REJECT"]);
    await lab.done("ADD", { member: lab.member(1) });
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(true);
  });

  test("a mapped port is reached through a host that drops", async () => {
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    await must([
      "iptables",
      "-t",
      "nat",
      "-A",
      "PREROUTING",
      ..."-p tcp --dport 8080 -j DNAT --to-destination 10.1.0.11:80".split(" "),
    ]);
    const { outsideAgent, outside } = lab;
    const ask = async (): Promise<string> =>
      await outsideAgent.ask("tcp", outside.hostAddress4, 8080);
    expect(await ask()).toStartWith("no answer");
    await lab.done("ADD", { member: lab.member(1) });
    expect(await ask()).toStartWith("c1 ");
  });

  test("the mark is there for iptables alone, and other bits of it live on", async () => {
    const table = ["nft", "add"];
    await must([...table, "table", "inet", "probe"]);
    const chain = "{ type filter hook postrouting priority -150 ; }";
    await must(["nft", `add chain inet probe after ${chain}`]);
    await must(["nft", "add chain inet probe before { type filter hook forward priority -2 ; }"]);
    await must(["nft", "add rule inet probe before meta mark set 0x2001"]);
    await must(["nft", 'add rule inet probe after oifname "uplink" meta mark 0x2001 counter']);
    await must(["nft", 'add rule inet probe after oifname "uplink" meta mark != 0x2001 counter']);
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    await lab.done("ADD", { member: lab.member(1) });
    expect(await lab.reaches(lab.member(1).agent, lab.outside.address4)).toBe(true);
    const counters = (await must(["nft", "list", "chain", "inet", "probe", "after"])).match(
      /packets \d+/gu,
    );
    expect(counters?.[0]).not.toBe("packets 0");
    expect(counters?.[1]).toBe("packets 0");
  });
});

const DAMAGES: { what: string; commands: string[]; keys?: object; msg: RegExp }[] = [
  {
    what: "the address is gone",
    commands: ["nft delete element inet hawser_firewall containers4-bit12 { 10.1.0.11 }"],
    msg: /^firewall: 10\.1\.0\.11 is missing in containers4-bit12 of table inet hawser_firewall/,
  },
  {
    what: "the table is gone",
    commands: ["nft delete table inet hawser_firewall"],
    msg: /^firewall: 10\.1\.0\.11 is missing/,
  },
  {
    what: "our chain was flushed",
    commands: ["nft flush chain inet hawser_firewall forward"],
    msg: /^firewall: chain forward of table inet hawser_firewall lacks the rule/,
  },
  {
    what: "FORWARD was flushed",
    commands: ["iptables -F FORWARD"],
    msg: /^firewall: chain FORWARD of table ip filter lacks the rule that accepts containers/,
  },
  {
    what: "FORWARD of IPv6 was flushed",
    commands: ["ip6tables -F FORWARD"],
    msg: /^firewall: chain FORWARD of table ip6 filter lacks the rule/,
  },
  {
    what: "a rule in front drops everything",
    commands: ["iptables -I FORWARD 1 -j DROP"],
    msg: /^firewall: chain FORWARD of table ip filter drops everything before/,
  },
  {
    what: "a rule in front rejects everything",
    commands: ["iptables -I FORWARD 1 -j REJECT"],
    msg: /^firewall: chain FORWARD of table ip filter drops everything before/,
  },
  {
    what: "the bridge's policy is gone",
    commands: ["nft flush set inet hawser_firewall within"],
    keys: { ingressPolicy: "same-bridge" },
    msg: /^ingress policy same-bridge: br0 is missing in within of table inet hawser_firewall/,
  },
];

describe("CHECK says", () => {
  for (const { what, commands, keys = {}, msg } of DAMAGES) {
    test(what, async () => {
      for (const program of ["iptables", "ip6tables"]) {
        await must([program, "-P", "FORWARD", "DROP"]);
      }
      const call = { member: lab.member(1), keys };
      await lab.done("ADD", call);
      await lab.done("CHECK", call);
      for (const command of commands) await must(command.split(" "));
      const { json } = await lab.call("CHECK", call);
      expect(json).toMatchObject({ code: 100, msg: matching(msg) });
      // The next ADD mends what containers share, and DEL minds none of it.
      await lab.done("ADD", { member: lab.member(2), keys });
      await lab.done("DEL", call);
    });
  }

  test("who else has the address, when the element is another's", async () => {
    const call = { member: lab.member(1) };
    await lab.done("ADD", call);
    const set = "inet hawser_firewall containers4-bit12";
    await must(["nft", `delete element ${set} { 10.1.0.11 }`]);
    await must(["nft", `add element ${set} { 10.1.0.11 comment "net1 newer eth0" }`]);
    const { json } = await lab.call("CHECK", call);
    expect(json).toMatchObject({ code: 100, details: containing("net1 newer eth0") });
  });
});

describe("nothing is left", () => {
  test("by GC, when no container is valid any more", async () => {
    for (const program of ["iptables", "ip6tables"]) await must([program, "-P", "FORWARD", "DROP"]);
    const before = await lab.host.snapshot();
    await lab.done("ADD", { member: lab.member(1) });
    await lab.done("ADD", { member: lab.member(2) });
    const valid = [{ containerID: "c2", ifname: "eth0" }];
    await lab.done("GC", { member: lab.member(1), valid });
    await lab.done("CHECK", { member: lab.member(2) });
    expect((await lab.call("CHECK", { member: lab.member(1) })).exitCode).toBe(1);
    await lab.done("GC", { member: lab.member(1) });
    expect(leaks(diff(before, await lab.host.snapshot()))).toEqual([]);
    expect(await must(["nft", "list", "ruleset"])).not.toContain("hawser");
  });

  test("by a failed ADD: table, element and the rule of iptables go again", async () => {
    await must(["iptables", "-P", "FORWARD", "DROP"]);
    const before = await lab.host.snapshot();
    // firewalld is asked last, and is not there.
    const { json } = await lab.call("ADD", {
      member: lab.member(1),
      keys: { backend: "firewalld" },
    });
    expect(json).toMatchObject({ code: 50 });
    expect(leaks(diff(before, await lab.host.snapshot()))).toEqual([]);
    expect(await must(["nft", "list", "ruleset"])).not.toContain("hawser");
  });

  test("of a policy when its bridge is gone: with DEL, and with GC", async () => {
    for (const command of ["DEL", "GC"] as const) {
      await must(["ip", "link", "add", "br9", "type", "bridge"]);
      const prevResult = { ...lab.member(1).prevResult, interfaces: [{ name: "br9" }] };
      const call = { member: lab.member(1), keys: { ingressPolicy: "isolated" }, prevResult };
      await lab.done("ADD", call);
      await lab.done("ADD", { member: lab.member(3), keys: { ingressPolicy: "same-bridge" } });
      await must(["ip", "link", "delete", "br9"]);
      await lab.done(command, {
        ...call,
        prevResult: null,
        valid: [{ containerID: "c3", ifname: "eth0" }],
      });
      const listed = await must(["nft", "list", "table", "inet", "hawser_firewall"]);
      expect(listed).not.toContain("br9");
      expect(listed).toContain("br1");
      await lab.done("CHECK", { member: lab.member(3), keys: { ingressPolicy: "same-bridge" } });
    }
  });

  test("of a stricter policy, when the network wants less", async () => {
    const member = lab.member(1);
    await lab.done("ADD", { member, keys: { ingressPolicy: "isolated" } });
    await lab.done("ADD", { member, keys: { ingressPolicy: "same-bridge" } });
    const set = async (name: string): Promise<string> =>
      await must(["nft", "list", "set", "inet", "hawser_firewall", name]);
    expect(await set("isolated")).not.toContain("br0");
    expect(await set("within")).toContain("br0");
    // What another network wants is not ours to take.
    await lab.done("ADD", { member, network: "net2", keys: { ingressPolicy: "open" } });
    expect(await set("within")).toContain("br0");
    await lab.done("ADD", { member, keys: { ingressPolicy: "open" } });
    expect(await set("guarded")).not.toContain("br0");
  });
});

test("twenty at once are all let through, by one rule of iptables", async () => {
  await must(["iptables", "-P", "FORWARD", "DROP"]);
  const calls = Array.from({ length: 20 }, (_none, at) => ({
    member: lab.member(1),
    containerId: `id${at}`,
    prevResult: {
      cniVersion: "1.0.0",
      interfaces: [{ name: "br0" }],
      ips: [{ address: `10.1.1.${at + 10}/16` }],
    },
  }));
  await Promise.all(calls.map(async (call) => await lab.done("ADD", call)));
  for (const call of calls) await lab.done("CHECK", call);
  expect(await forwardRules()).toEqual(["-P FORWARD DROP", GATE]);
  await Promise.all(calls.map(async (call) => await lab.done("DEL", call)));
  expect(await must(["nft", "list", "ruleset"])).not.toContain("elements");
});
