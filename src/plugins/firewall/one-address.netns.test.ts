import { expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { firewallLab } from "../../../tests/support/firewall-lab.ts";
import { resultOf } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";

requireOwnNamespaces();

// Two containers of one network have one address, as with addresses from the runtime.

const lab = firewallLab();

test("case P1, kind: of two containers with one address the other is let through when one goes", async () => {
  const twin = (number: number) => {
    const { container } = lab.member(number);
    const prevResult = resultOf(container.netns, ["10.1.0.11/16"]);
    return { member: { ...lab.member(number), prevResult } };
  };
  const holder = async (): Promise<string | undefined> => {
    const set = await must(["nft", "list", "set", "inet", "hawser_firewall", "containers4-bit12"]);
    return set.match(/10\.1\.0\.11 comment "(.*?)"/u)?.[1];
  };
  await lab.done("ADD", twin(1));
  await lab.done("ADD", twin(2));
  expect(await holder()).toBe("net1 c1 eth0");
  await lab.done("CHECK", twin(1));
  await lab.done("CHECK", twin(2));
  await lab.done("DEL", twin(2));
  expect(await holder()).toBe("net1 c1 eth0");
  await lab.done("ADD", twin(2));
  await lab.done("DEL", twin(1));
  expect(await holder()).toBe("net1 c2 eth0");
  await lab.done("CHECK", twin(2));
});
