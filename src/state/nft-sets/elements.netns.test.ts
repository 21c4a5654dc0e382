import { afterEach, expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { Ip } from "../../addr/index.ts";
import { addressInSet, compose, Nftables, verdict } from "../../kernel/nftables/index.ts";
import { type LaidSet, type Layout, OwnedElements } from "./index.ts";

requireOwnNamespaces();
failOnLeakedDescriptors();

// Two sets: `laid` comes with the table, `later` with its first element and with a rule of its own.

const place = { family: "inet", table: "test_elements" } as const;
const key = ["ipv4_addr"] as const;
const laid: LaidSet = { ...place, name: "laid", key, data: ["inet_service"] };
const later: LaidSet = {
  ...place,
  name: "later",
  key,
  layRules: (batch) => batch.addRule(ruleFor("later")),
};
const layout: Layout = {
  ...place,
  lay(batch) {
    batch.addTable({ family: place.family, name: place.table }).addSet(laid);
    const hook = { type: "filter", hook: "input", priority: 0 } as const;
    batch.addChain({ ...place, name: "input", hook });
    batch.addRule({ ...place, chain: "input", expressions: compose(verdict("accept")) });
  },
  isTransient: (set) => set === later.name,
};

function ruleFor(set: string) {
  const expressions = compose(addressInSet("inet", 4, "saddr", set), verdict("drop"));
  return { ...place, chain: "input", expressions };
}

const bytes = (text: string): Uint8Array => Ip.parse(text).bytes;
const port = (number: number): Uint8Array => new Uint8Array([number >> 8, number & 0xff]);
const inLaid = (ip: string, number: number) => ({ set: laid, key: bytes(ip), data: port(number) });
const inLater = (ip: string) => ({ set: later, key: bytes(ip) });

/** `set address mark` of each element, and the number of rules. */
function state(): { elements: string[]; rules: number } | undefined {
  using nft = Nftables.open();
  const { family, table } = place;
  if (nft.getTable(family, table) === undefined) return undefined;
  const elements = nft.listSets(family, table).flatMap(({ name }) =>
    nft.listElements(family, table, name).map((element) => {
      const data = element.data instanceof Uint8Array ? ` ${element.data.join(".")}` : "";
      return `${name} ${Ip.fromBytes(element.key).toString()} ${element.comment}${data}`;
    }),
  );
  return { elements: elements.toSorted(), rules: nft.listRules(family, table).length };
}

function withElements<T>(work: (owned: OwnedElements, nft: Nftables) => T): T {
  using nft = Nftables.open();
  return work(new OwnedElements(nft, layout), nft);
}

afterEach(() => {
  withElements((_owned, nft) => {
    if (nft.getTable(place.family, place.table) === undefined) return;
    nft.commit((batch) => batch.delTable({ family: place.family, name: place.table }));
  });
});

test("the first element brings table, set and rules, and its revert takes all of it back", () => {
  withElements((owned) => {
    const revert = owned.add("a", [inLaid("10.0.0.1", 80), inLater("10.0.0.1")]);
    expect(state()).toEqual({
      elements: ["laid 10.0.0.1 a 0.80", "later 10.0.0.1 a"],
      rules: 2,
    });
    void revert();
    expect(state()).toBeUndefined();
  });
});

test("a revert leaves the table, the sets and the elements that others have", () => {
  withElements((owned) => {
    owned.add("a", [inLaid("10.0.0.1", 80)]);
    const before = state();
    const revert = owned.add("b", [inLaid("10.0.0.2", 80), inLater("10.0.0.2")]);
    expect(state()?.rules).toBe(2);
    void revert();
    expect(state()).toEqual(before);
  });
});

test("a set that another has filled meanwhile outlives the revert of the one that made it", () => {
  withElements((owned) => {
    const revert = owned.add("a", [inLater("10.0.0.1")]);
    owned.add("b", [inLater("10.0.0.2")]);
    void revert();
    expect(state()).toEqual({ elements: ["later 10.0.0.2 b"], rules: 2 });
  });
});

test("on the usual path a transaction holds the elements alone, and adding again changes nothing", () => {
  withElements((owned, nft) => {
    owned.add("a", [inLaid("10.0.0.1", 80)]);
    const generation = nft.generation();
    owned.add("b", [inLaid("10.0.0.2", 80), inLaid("10.0.0.3", 80)]);
    expect(nft.generation()).toBe(generation + 1);
    const before = state();
    owned.add("b", [inLaid("10.0.0.2", 80), inLaid("10.0.0.3", 80)]);
    expect(state()).toEqual(before);
  });
});

test("a stranger's element is taken over, he is named, and the revert gives it back to him", () => {
  withElements((owned) => {
    owned.add("a", [inLaid("10.0.0.1", 80)]);
    const before = state();
    const told: (string | undefined)[] = [];
    const revert = owned.add("b", [inLaid("10.0.0.1", 81)], ({ set, element }) =>
      told.push(`${set.name} ${element.comment}`),
    );
    expect(told).toEqual(["laid a"]);
    expect(state()?.elements).toEqual(["laid 10.0.0.1 b 0.81"]);
    void revert();
    expect(state()).toEqual(before);
  });
});

test("only the owner removes an element", () => {
  withElements((owned) => {
    owned.add("a", [inLaid("10.0.0.1", 80)]);
    owned.remove("b", [inLaid("10.0.0.1", 80)]);
    expect(state()?.elements).toHaveLength(1);
    owned.remove("a", [inLaid("10.0.0.1", 80), inLaid("10.0.0.9", 80)]);
    expect(state()).toBeUndefined();
  });
});

test("search and removeFound go by the mark, through all sets", () => {
  withElements((owned) => {
    owned.add("net a", [inLaid("10.0.0.1", 80), inLater("10.0.0.1")]);
    owned.add("net b", [inLaid("10.0.0.2", 80)]);
    const isA = (mark: string): boolean => mark === "net a";
    expect(owned.search(isA).map(({ set }) => set.name)).toEqual(["laid", "later"]);
    expect(owned.search(isA, (name) => name === "later")).toHaveLength(1);
    owned.removeFound(isA);
    expect(state()?.elements).toEqual(["laid 10.0.0.2 net b 0.80"]);
  });
});

test("case P19, kind: a set goes with its rules when its last element goes, and the table with the last of all", () => {
  withElements((owned, nft) => {
    owned.add("a", [inLaid("10.0.0.1", 80), inLater("10.0.0.1")]);
    owned.add("b", [inLater("10.0.0.2")]);
    owned.remove("a", [inLater("10.0.0.1")]);
    expect(state()?.rules).toBe(2);
    owned.remove("b", [inLater("10.0.0.2")]);
    expect(state()).toEqual({ elements: ["laid 10.0.0.1 a 0.80"], rules: 1 });
    owned.remove("a", [inLaid("10.0.0.1", 80)]);
    expect(state()).toBeUndefined();
    // What another program left empty goes with GC.
    owned.add("a", [inLaid("10.0.0.1", 80), inLater("10.0.0.1")]);
    nft.commit((batch) => batch.flushSet(later));
    owned.sweepAll();
    expect(state()).toEqual({ elements: ["laid 10.0.0.1 a 0.80"], rules: 1 });
    nft.commit((batch) => batch.flushSet(laid));
    owned.sweepAll();
    expect(state()).toBeUndefined();
    owned.sweepAll();
  });
});

test("missing and holder tell what is not there, has other data or is somebody else's", () => {
  withElements((owned) => {
    const wanted = [inLaid("10.0.0.1", 80), inLaid("10.0.0.2", 80), inLaid("10.0.0.3", 80)];
    expect(owned.missing("a", wanted)).toEqual(wanted);
    owned.add("a", [inLaid("10.0.0.1", 80), inLaid("10.0.0.2", 81)]);
    owned.add("b", [inLaid("10.0.0.3", 80)]);
    expect(owned.missing("a", wanted)).toEqual(wanted.slice(1));
    expect(owned.holder(inLaid("10.0.0.3", 80))).toBe("the one in its place is of b");
    expect(owned.holder(inLaid("10.0.0.4", 80))).toBeUndefined();
  });
});

test("missingRule names the chain, hook or rule without which elements do nothing", () => {
  withElements((owned, nft) => {
    const wanted = [inLaid("10.0.0.1", 80), inLater("10.0.0.1")];
    const input = { ...place, name: "input" };
    owned.add("a", wanted);
    expect(owned.missingRule(wanted)).toBeUndefined();
    const [base, ofSet] = nft.listRules(place.family, place.table);
    if (base === undefined || ofSet === undefined) throw new Error("there are two rules");
    nft.commit((batch) => batch.delRule(ofSet));
    expect(owned.missingRule(wanted)).toBe(
      "chain input of table inet test_elements lacks the rule that looks into later",
    );
    expect(owned.missingRule([inLaid("10.0.0.1", 80)])).toBeUndefined();
    nft.commit((batch) => batch.flushChain(input));
    expect(owned.missingRule([])).toBe(
      "chain input of table inet test_elements lacks the rule that the layout begins with",
    );
    nft.commit((batch) => batch.delChain(input));
    expect(owned.missingRule([])).toBe("table inet test_elements has no chain input");
    nft.commit((batch) => batch.addChain(input));
    expect(owned.missingRule([])).toBe(
      "chain input of table inet test_elements is not at hook input",
    );
  });
});

test("a failing transaction leaves nothing, not even the table", () => {
  withElements((owned) => {
    const wrong = { set: later, key: new Uint8Array(16) };
    expect(() => owned.add("a", [inLaid("10.0.0.1", 80), wrong])).toThrow();
    expect(state()).toBeUndefined();
  });
});
