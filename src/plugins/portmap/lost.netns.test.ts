import { expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { resultOf } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { type PortCall, portLab } from "../../../tests/support/port-lab.ts";

requireOwnNamespaces();

// Mappings of a family that the container has no address of.

const lab = portLab(1);

const FOUR = ["10.1.0.11/16"];
const SIX = ["fd00:10:1::11/64"];

function mapped(addresses: readonly string[], hostIPs: readonly string[], keys = {}): PortCall {
  const member = lab.member(1);
  const prevResult = resultOf(member.container.netns, [...addresses]);
  const mappings = hostIPs.map((hostIP) => ({ hostPort: 8080, containerPort: 80, hostIP }));
  return { member: { ...member, prevResult }, mappings, keys };
}

const tables = async (): Promise<string> => await must(["nft", "list", "tables"]);

for (const keys of [{}, { backend: "iptables" }, { backend: "nftables" }]) {
  test(`case K11: an IPv6 address of the host is refused for an IPv4 container, ${JSON.stringify(keys)}`, async () => {
    const { json } = await lab.call("ADD", mapped(FOUR, ["::1"], keys));
    expect(json).toMatchObject({
      code: 7,
      msg: "tcp [::1]:8080 cannot be mapped: the container has no IPv6 address",
    });
    expect(await tables()).toBe("");
  });
}

test("case K11, kind: an IPv4 address is refused for an IPv6 container, also beside one that could be mapped", async () => {
  const { json } = await lab.call("ADD", mapped(SIX, ["", "192.0.2.1"]));
  expect(json).toMatchObject({
    code: 7,
    msg: "tcp 192.0.2.1:8080 cannot be mapped: the container has no IPv4 address",
  });
  expect(await tables()).toBe("");
});

test("case K11, kind: what clients fill in by themselves is no error, and is reported when it maps nothing", async () => {
  const text = "portmap: tcp port 8080 is not mapped: the container has no";
  const reported = async (
    addresses: readonly string[],
    hostIPs: readonly string[],
  ): Promise<string> => (await lab.done("ADD", mapped(addresses, hostIPs))).stderr;
  expect(await reported(FOUR, ["0.0.0.0", "::"])).toBe("");
  expect(await reported(FOUR, [""])).toBe("");
  expect(await reported(FOUR, ["::"])).toBe(`${text} IPv6 address\n`);
  expect(await reported(SIX, ["0.0.0.0"])).toBe(`${text} IPv4 address\n`);
  expect(await reported([], [""])).toBe(`${text} address\n`);
  // CHECK and DEL take what Go has made of such a list.
  await lab.done("CHECK", mapped(FOUR, []));
  await lab.done("DEL", mapped(FOUR, ["::1"]));
});
