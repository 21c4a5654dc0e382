import { expect, test } from "bun:test";
import { Ip } from "../../addr/index.ts";
import { dnatTo, jump, type Rule } from "../../kernel/nftables/index.ts";
import {
  iptablesComment,
  masqueradeChain,
  masqueradeInstance,
  portChain,
  portComment,
} from "../../state/iptables/index.ts";
import { ownerComment } from "../../state/owner/index.ts";
import { RuleOwners } from "./rule-owners.ts";

const front = { network: "front", containerId: "c1", ifName: "eth0" };
const back = { network: "back", containerId: "c1", ifName: "eth1" };
const other = { network: "front", containerId: "c2", ifName: "eth0" };
const owners = new RuleOwners([
  { ...front, addresses: ["10.1.0.2/24"] },
  { ...back, addresses: ["10.2.0.2/24", "fd02::2/64"] },
  other,
]);

function rule(change: Partial<Rule>): Rule {
  return {
    family: "ip",
    table: "nat",
    chain: "PREROUTING",
    handle: 1n,
    expressions: [],
    ...change,
  };
}

test("a mark of our own layout is one attachment's", () => {
  expect(owners.ofMark(ownerComment(back))).toEqual([back]);
  expect(owners.ofMark("another")).toEqual([]);
  expect(owners.ofMark(undefined)).toEqual([]);
});

test.each([
  ["stands in the container's chain", { chain: portChain("front", "c1") }, [front]],
  ["leads to it", { expressions: jump(masqueradeChain("back", "c1")) }, [back]],
  ["names network and container", { comment: iptablesComment("front", "c2") }, [other]],
  ["does so for ports", { comment: iptablesComment("front", "c2", "dnat ") }, [other]],
  [
    "has the instance of the attachment",
    { table: "cni_plugins_masquerade", comment: `${masqueradeInstance("back", "c1", "eth1")}-x` },
    [back],
  ],
  [
    "has a container's name in a network that it is not in",
    { comment: iptablesComment("third", "c1") },
    [],
  ],
  ["has a container's ID in a table of others", { comment: "c1" }, []],
])("a rule that %s", (_, change, expected) => {
  expect(owners.ofReference(rule(change))).toEqual(expected);
});

test.each([
  ["10.2.0.2", [back]],
  ["fd02::2", [back]],
  ["10.1.0.2", [front]],
  ["10.1.0.20", [front, back]],
])(
  "of a container in two networks, a rule to %s is there for the one that has it",
  (to, expected) => {
    const expressions = dnatTo(Ip.parse(to), 80);
    const comment = portComment("c1");
    const found = owners.ofReference(rule({ table: "cni_hostport", comment, expressions }));
    expect(found).toEqual(expected);
  },
);
