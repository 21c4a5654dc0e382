import { afterEach, describe, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { firewallLab } from "../../../tests/support/firewall-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs } from "../../../tests/support/needs.ts";

requireOwnNamespaces();

// A host whose iptables are the kernel's old x_tables, as Docker left them there.

const test = needs("iptables-legacy", "kernel:iptables-legacy");
const PROGRAMS = ["iptables-legacy", "ip6tables-legacy"] as const;

afterEach(async () => {
  for (const program of PROGRAMS) {
    await must([program, "-P", "FORWARD", "ACCEPT"]);
    await must([program, "-F"]);
    await must([program, "-X"]);
  }
});
const lab = firewallLab();

async function getsOut(number: 1 | 2): Promise<boolean[]> {
  const { agent } = lab.member(number);
  const { address4, address6 } = lab.outside;
  return [await lab.reaches(agent, address4), await lab.reaches(agent, address6)];
}

async function dropForwarded(): Promise<void> {
  for (const program of PROGRAMS) await must([program, "-P", "FORWARD", "DROP"]);
}

const GATE =
  '-A FORWARD -m mark --mark 0x1000/0x1000 -m comment --comment "hawser firewall bit 12" -j ACCEPT';

async function forwardRules(): Promise<string[]> {
  return (await must(["iptables-legacy", "-S", "FORWARD"])).trim().split("\n").slice(1);
}

describe("with legacy iptables", () => {
  test("a container gets out where FORWARD drops, from ADD to DEL, and GC leaves nothing", async () => {
    await dropForwarded();
    const call = { member: lab.member(1) };
    expect(await getsOut(1)).toEqual([false, false]);
    await lab.done("ADD", call);
    await lab.done("ADD", { member: lab.member(2) });
    expect(await getsOut(1)).toEqual([true, true]);
    await lab.done("CHECK", call);
    expect(await forwardRules()).toEqual([GATE]);
    await lab.done("DEL", call);
    expect(await getsOut(1)).toEqual([false, false]);
    expect(await getsOut(2)).toEqual([true, true]);
    await lab.done("GC", call);
    expect(await forwardRules()).toEqual([]);
  });

  test("CHECK says when FORWARD was flushed, or drops everything first", async () => {
    await dropForwarded();
    const call = { member: lab.member(1) };
    await lab.done("ADD", call);
    await must(["iptables-legacy", "-I", "FORWARD", "1", "-j", "DROP"]);
    expect((await lab.call("CHECK", call)).json).toMatchObject({
      code: 100,
      msg: "firewall: chain FORWARD of legacy IPv4 iptables drops everything before it accepts containers",
    });
    await must(["iptables-legacy", "-F", "FORWARD"]);
    expect((await lab.call("CHECK", call)).json).toMatchObject({
      code: 100,
      msg: "firewall: chain FORWARD of legacy IPv4 iptables lacks the rule that accepts containers",
    });
  });

  test("Docker's users and the administrator keep the first word", async () => {
    await dropForwarded();
    for (const chain of ["DOCKER-USER", "DOCKER", "CNI-ADMIN"]) {
      await must(["iptables-legacy", "-N", chain]);
    }
    for (const chain of ["DOCKER-USER", "DOCKER"]) {
      await must(["iptables-legacy", "-A", "FORWARD", "-j", chain]);
    }
    await lab.done("ADD", { member: lab.member(1) });
    await lab.done("ADD", { member: lab.member(2) });
    expect(await forwardRules()).toEqual([
      "-A FORWARD -j DOCKER-USER",
      '-A FORWARD -m comment --comment "hawser firewall admin overrides" -j CNI-ADMIN',
      GATE,
      "-A FORWARD -j DOCKER",
    ]);
    await must(["iptables-legacy", "-A", "CNI-ADMIN", "-s", "10.1.0.11", "-j", "DROP"]);
    expect(await getsOut(1)).toEqual([false, true]);
    await lab.done("CHECK", { member: lab.member(1) });
  });

  test("where nothing is dropped nothing is written", async () => {
    await must(["iptables-legacy", "-S"]);
    await lab.done("ADD", { member: lab.member(1) });
    await lab.done("CHECK", { member: lab.member(1) });
    expect(await forwardRules()).toEqual([]);
  });

  test("rules of the reference plugin's layout are removed, too, and no newer container's", async () => {
    const rules = [
      "CNI-FORWARD -s 10.1.0.11/32 -j ACCEPT",
      "CNI-FORWARD -s 10.1.0.99/32 -j ACCEPT",
    ];
    await must(["iptables-legacy", "-N", "CNI-FORWARD"]);
    for (const rule of rules) await must(["iptables-legacy", "-A", ...rule.split(" ")]);
    await lab.done("DEL", { member: lab.member(1), keys: { backend: "iptables" } });
    expect((await must(["iptables-legacy", "-S", "CNI-FORWARD"])).trim().split("\n")).toEqual([
      "-N CNI-FORWARD",
      `-A ${rules[1]}`,
    ]);
  });
});
