import { beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { must } from "../../../tests/support/exec.ts";
import { firewallLab } from "../../../tests/support/firewall-lab.ts";
import type { Member } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";

requireOwnNamespaces();

// Real packets through a host that drops what no rule accepts.

const lab = firewallLab();

async function dropForwarded(): Promise<void> {
  for (const program of ["iptables", "ip6tables"]) await must([program, "-P", "FORWARD", "DROP"]);
}

/** Whether the machine outside answers a container, over IPv4 and over IPv6. */
async function getsOut({ agent }: Member): Promise<boolean[]> {
  const { address4, address6 } = lab.outside;
  return [await lab.reaches(agent, address4), await lab.reaches(agent, address6)];
}

const BACKENDS = [
  { name: "no backend named", keys: {} },
  { name: "backend nftables", keys: { backend: "nftables" } },
  { name: "backend iptables", keys: { backend: "iptables" } },
];
const YES = [true, true];
const NO = [false, false];

describe.each(BACKENDS)("with $name, where FORWARD drops", ({ keys }) => {
  beforeEach(dropForwarded);

  test("a container gets out and is answered, from ADD to DEL", async () => {
    const call = { member: lab.member(1), keys };
    expect(await getsOut(call.member)).toEqual(NO);
    await lab.done("ADD", call);
    expect(await getsOut(call.member)).toEqual(YES);
    expect(await getsOut(lab.member(2))).toEqual(NO);
    await lab.done("CHECK", call);
    await lab.done("DEL", call);
    expect(await getsOut(call.member)).toEqual(NO);
  });

  test("nobody outside begins a connection to it", async () => {
    await lab.done("ADD", { member: lab.member(1), keys });
    const { outsideAgent } = lab;
    const { address4, address6 } = lab.member(1);
    expect(await lab.reaches(outsideAgent, address4)).toBe(false);
    expect(await lab.reaches(outsideAgent, address6)).toBe(false);
  });

  test("two containers of two bridges reach each other only when both may answer", async () => {
    const [one, three] = [lab.member(1), lab.member(3)];
    await lab.done("ADD", { member: one, keys });
    await lab.done("ADD", { member: three, keys });
    expect(await lab.reaches(one.agent, three.address4)).toBe(true);
    expect(await lab.reaches(three.agent, one.address6)).toBe(true);
    await lab.done("DEL", { member: three, keys });
    expect(await lab.reaches(three.agent, one.address6)).toBe(false);
  });

  test("same-bridge closes the way between bridges, and no other", async () => {
    const [one, three] = [lab.member(1), lab.member(3)];
    const guarded = { ...keys, ingressPolicy: "same-bridge" };
    await lab.done("ADD", { member: one, keys: guarded });
    await lab.done("ADD", { member: three, keys: guarded });
    await lab.done("CHECK", { member: one, keys: guarded });
    for (const [from, to] of [
      [one, three],
      [three, one],
    ] as const) {
      expect(await lab.reaches(from.agent, to.address4)).toBe(false);
      expect(await lab.reaches(from.agent, to.address6)).toBe(false);
    }
    expect(await getsOut(one)).toEqual(YES);
    expect(await getsOut(three)).toEqual(YES);
    expect(await lab.reaches(one.agent, lab.member(2).address4)).toBe(true);
  });

  test("a bridge without a policy reaches one that has it", async () => {
    const [one, three] = [lab.member(1), lab.member(3)];
    await lab.done("ADD", { member: one, keys: { ...keys, ingressPolicy: "same-bridge" } });
    await lab.done("ADD", { member: three, keys });
    expect(await lab.reaches(three.agent, one.address4)).toBe(true);
  });

  test("isolated closes the way to neighbours, too, where bridged packets are filtered", async () => {
    const [one, two] = [lab.member(1), lab.member(2)];
    const alone = { ...keys, ingressPolicy: "isolated" };
    const bridged = "/proc/sys/net/bridge/bridge-nf-call-iptables";
    writeFileSync(bridged, "1");
    try {
      await lab.done("ADD", { member: one, keys: alone });
      await lab.done("ADD", { member: two, keys: alone });
      expect(await lab.reaches(one.agent, two.address4)).toBe(false);
      expect(await getsOut(one)).toEqual(YES);
      await lab.done("CHECK", { member: one, keys: alone });
    } finally {
      writeFileSync(bridged, "0");
    }
    expect(await lab.reaches(one.agent, two.address4)).toBe(true);
  });
});
