import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { elsewhere, ruleset, run } from "../../../tests/support/ruleset.ts";
import {
  type Batch,
  concat,
  type DataTypeName,
  type Element,
  Nftables,
  portValue,
  protoValue,
  type Rule,
  split,
  verdict,
} from "./index.ts";
import { goldens } from "./testdata/golden.ts";
import { buildLayout } from "./testdata/layout.ts";

const script = readFileSync(new URL("testdata/layout.nft", import.meta.url), "utf8");

afterEach(() => {
  run(["nft", "flush", "ruleset"]);
});

describe("our tables and nft's", () => {
  test("what we build is what nft makes of the same script, in one transaction", () => {
    using nft = Nftables.open();
    nft.commit(buildLayout);
    const theirs = elsewhere("nft -f - >&2; nft -j list ruleset", script);
    expect(ruleset()).toEqual(ruleset(theirs));
  });

  test("what nft makes is read, and written again gives the same listing", () => {
    using nft = Nftables.open();
    run(["nft", "-f", "-"], script);
    const before = ruleset();
    const copy = readAll(nft);
    run(["nft", "flush", "ruleset"]);
    nft.commit(copy);
    expect(ruleset()).toEqual(before);
  });

  test("rules of every recorded kind come back from the kernel and go there again", () => {
    using nft = Nftables.open();
    run(["nft", "-f", "-"], rulesOfEveryKind());
    const before = ruleset();
    const copy = readAll(nft);
    run(["nft", "flush", "ruleset"]);
    nft.commit(copy);
    expect(ruleset()).toEqual(before);
  });

  test("types of sets, comments and hooks are read", () => {
    using nft = Nftables.open();
    run(["nft", "-f", "-"], script);
    expect(nft.getTable("inet", "hawser_masquerade")?.comment).toBe("masquerading");
    expect(nft.getSet("inet", "hawser_ports", "hostips6")).toMatchObject({
      key: ["ipv6_addr", "inet_proto", "inet_service"],
      data: ["ipv6_addr", "inet_service"],
      keyLength: 24,
    });
    expect(nft.getSet("inet", "hawser_masquerade", "net-10.1.0.0/16")?.comment).toBe(
      "net 10.1.0.0/16",
    );
    expect(nft.getChain("inet", "hawser_ports", "prerouting")).toMatchObject({
      comment: "what comes from outside",
      hook: { type: "nat", hook: "prerouting", priority: -100, policy: "accept" },
    });
    expect(nft.listTables("ip")).toEqual([]);
    expect(nft.listChains("inet", "hawser_masquerade").map(({ name }) => name)).toEqual([
      "postrouting",
    ]);
  });

  test("one element is found by its key, and what is absent is undefined or empty", () => {
    using nft = Nftables.open();
    nft.commit(buildLayout);
    const key = concat(protoValue("tcp"), portValue(8080));
    const element = nft.getElement("inet", "hawser_ports", "hostports4", key);
    expect(element?.comment).toBe("net c1 eth0");
    const [address, port] = split(element?.data as Uint8Array, ["ipv4_addr", "inet_service"]);
    expect([...(address ?? []), ...(port ?? [])]).toEqual([10, 1, 0, 5, 0, 80]);
    const other = concat(protoValue("tcp"), portValue(8081));
    expect(nft.getElement("inet", "hawser_ports", "hostports4", other)).toBeUndefined();
    expect(nft.getElement("inet", "hawser_ports", "no", key)).toBeUndefined();
    expect(nft.getTable("inet", "no")).toBeUndefined();
    expect(nft.getChain("inet", "hawser_ports", "no")).toBeUndefined();
    expect(nft.getSet("inet", "no", "no")).toBeUndefined();
    expect(nft.listRules("inet", "no")).toEqual([]);
    expect(nft.listSets("inet", "no")).toEqual([]);
    expect(nft.listElements("inet", "no", "no")).toEqual([]);
    expect(nft.isSetEmpty("inet", "no", "no")).toBe(true);
    expect(nft.isSetEmpty("inet", "hawser_ports", "mapped-fd00__/64")).toBe(true);
    expect(nft.isSetEmpty("inet", "hawser_ports", "hostports4")).toBe(false);
  });
});

test("a rule goes before, behind and away by handle", () => {
  using nft = Nftables.open();
  const chain = { family: "inet", table: "t", chain: "c" } as const;
  const rule = (comment: string) => ({ ...chain, comment, expressions: verdict("accept") });
  const comments = () => nft.listRules("inet", "t", "c").map((found) => found.comment);
  nft.commit((batch) => {
    batch.addTable({ family: "inet", name: "t" }).addChain({ ...chain, name: "c" });
    batch.addRule(rule("two")).addRule(rule("five")).insertRule(rule("one"));
  });
  const [, two, five] = nft.listRules("inet", "t", "c") as [Rule, Rule, Rule];
  nft.commit((batch) => {
    batch.addRule({ ...rule("three"), position: two.handle });
    batch.insertRule({ ...rule("four"), position: five.handle });
  });
  expect(comments()).toEqual(["one", "two", "three", "four", "five"]);
  nft.commit((batch) => batch.delRule(two));
  expect(comments()).toEqual(["one", "three", "four", "five"]);
  nft.commit((batch) =>
    batch.flushChain({ ...chain, name: "c" }).delChain({ ...chain, name: "c" }),
  );
  expect(nft.listChains("inet", "t")).toEqual([]);
});

/** Reads everything and gives a build that makes it anew. */
function readAll(nft: Nftables): (batch: Batch) => void {
  const tables = nft.listTables();
  const chains = nft.listChains();
  const sets = tables.flatMap(({ family, name }) => nft.listSets(family, name));
  const elements = sets.map((set): Element[] => nft.listElements(set.family, set.table, set.name));
  const rules = tables.flatMap(({ family, name }) => nft.listRules(family, name));
  return (batch) => {
    for (const table of tables) batch.addTable(table);
    for (const set of sets) {
      const { key, data, ...rest } = set;
      const spec = { ...rest, key: types(key) };
      if (data === undefined) batch.addSet(spec);
      else batch.addSet({ ...spec, data: data === "verdict" ? data : types(data) });
    }
    for (const chain of chains) batch.addChain(chain);
    sets.forEach((set, at) => {
      batch.addElements(set, elements[at] ?? []);
    });
    for (const { position: _before, ...rule } of rules) batch.addRule(rule);
  };
}

function types(list: readonly DataTypeName[] | undefined): [DataTypeName, ...DataTypeName[]] {
  const [first, ...rest] = list ?? [];
  if (first === undefined) throw new Error("a type without a name");
  return [first, ...rest];
}

/** A script with all rules of the golden file that a filter chain can hold. */
function rulesOfEveryKind(): string {
  const rules = goldens
    .map(({ nft }) => nft)
    .filter((nft) => nft.startsWith("add rule inet t c "))
    .map((nft) => nft.replace("add rule inet t c handle 7 ", "add rule inet t c "))
    .map((nft) => (/nat |masquerade/u.test(nft) ? nft.replace("t c ", "t n ") : nft));
  return [
    "table inet t {",
    "  set s { type ipv4_addr; }",
    "  set cs2 { type ipv4_addr . inet_service; }",
    "  map v { type ipv4_addr : verdict; }",
    "  chain c { }",
    "  chain e { }",
    "  chain n { }",
    "}",
    "add element inet t v { 10.0.0.1 : jump e }",
    ...rules,
  ].join("\n");
}
