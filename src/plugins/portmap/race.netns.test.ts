import { expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { GATEWAY4 } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { portLab } from "../../../tests/support/port-lab.ts";

requireOwnNamespaces();

const lab = portLab(3);

const PORTMAP = "dist/cni/portmap";
const ROUNDS = 8;
const mappings = [{ hostPort: 9044, containerPort: 80 }];

async function holder(): Promise<string> {
  const list = await must(["nft", "list", "map", "inet", "hawser_ports", "hostports4"]);
  return list.match(/9044 comment "net1 (\w+) /u)?.[1] ?? "nobody";
}

test("case P19, kind: an ADD and the last DEL at one time leave what the ADD needs, and at the end nothing", async () => {
  const call = async (command: "ADD" | "DEL" | "CHECK", number: number): Promise<void> => {
    const keys = { exceptDestinations: ["10.96.0.0/12"] };
    const member = lab.member(number);
    const ports = [{ hostPort: 9000 + number, containerPort: 80 }];
    expect(await lab.callProgram(PORTMAP, command, { member, mappings: ports, keys })).toBe("");
  };
  await must(["iptables", "-t", "nat", "-A", "PREROUTING", "-s", "203.0.113.1", "-j", "ACCEPT"]);
  const before = await must(["nft", "list", "ruleset"]);
  await call("ADD", 1);
  for (let round = 0; round < ROUNDS; round++) {
    const [here, next] = round % 2 === 0 ? [1, 2] : [2, 1];
    await Promise.all([call("DEL", here), call("ADD", next)]);
    await call("CHECK", next);
  }
  expect(await lab.hostAgent.ask("tcp", GATEWAY4, 9001)).toStartWith("c1 ");
  await Promise.all([call("DEL", 1), call("DEL", 2)]);
  expect(await must(["nft", "list", "ruleset"])).toBe(before);
}, 60_000);

test("case P1: processes that claim and leave a port at one time never leave it without a holder", async () => {
  const call = async (command: "ADD" | "DEL" | "CHECK", number: number): Promise<void> => {
    expect(await lab.callProgram(PORTMAP, command, { member: lab.member(number), mappings })).toBe(
      "",
    );
  };
  await call("ADD", 1);
  for (let round = 0; round < ROUNDS; round++) {
    const [here, next, last] = [0, 1, 2].map((step) => ((round + step) % 3) + 1);
    if (here === undefined || next === undefined || last === undefined) throw new Error("three");
    await Promise.all([call("DEL", here), call("ADD", next), call("ADD", last)]);
    expect(["c1", "c2", "c3"]).toContain(await holder());
    await call("CHECK", next);
    await call("CHECK", last);
    await call("DEL", last);
    expect(await holder()).toBe(`c${next}`);
  }
}, 60_000);
