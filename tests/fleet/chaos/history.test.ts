import { describe, expect, test } from "bun:test";
import { History } from "./history.ts";

const QUARANTINE_MS = 1000;
const ADDRESS = "10.42.0.7";

function history(): History {
  return new History(QUARANTINE_MS);
}

function given(all: History, node: string, name: string, at = 0, address = ADDRESS): void {
  all.given(all.begins(node, name, at), address, at + 1);
}

describe("an address on two nodes", () => {
  test("is doubled where neither was away", () => {
    const all = history();
    given(all, "a", "c1");
    given(all, "b", "c2", 5000);
    expect(all.breaches).toEqual([
      "doubled: 10.42.0.7 is given to c2 of b, and c1 of a with 10.42.0.7 lives",
    ]);
  });

  test("is doubled where the first was away for less than the quarantine", () => {
    const all = history();
    given(all, "a", "c1");
    all.goesAway("a", 100);
    all.comesBack("a", 1000);
    all.goesAway("a", 1200);
    given(all, "b", "c2", 2000);
    expect(all.breaches).toHaveLength(1);
  });

  test("is doubled where the store confirmed the first meanwhile", () => {
    const all = history();
    given(all, "a", "c1");
    all.goesAway("a", 100);
    all.confirmed("a", 900);
    given(all, "b", "c2", 1500);
    expect(all.breaches).toHaveLength(1);
  });

  test("is doubled where the node that was away gives it again when it is back", () => {
    const all = history();
    given(all, "b", "c2", 1500);
    all.goesAway("a", 100);
    all.comesBack("a", 2000);
    given(all, "a", "c1", 2100);
    expect(all.breaches).toHaveLength(1);
  });

  test("is doubled where it was given after the node had been away for too long", () => {
    const all = history();
    all.goesAway("a", 100);
    given(all, "b", "c2", 1200);
    given(all, "a", "c1", 1300);
    expect(all.breaches).toHaveLength(1);
  });

  test("is excused after the quarantine, whichever is answered first", () => {
    for (const order of ["ab", "ba"]) {
      const all = history();
      all.goesAway("a", 100);
      const late = all.begins("a", "c1", 200);
      if (order === "ab") all.given(late, ADDRESS, 300);
      given(all, "b", "c2", 1500);
      if (order === "ba") all.given(late, ADDRESS, 1600);
      expect(all.breaches).toEqual([]);
      expect(all.excused.map(({ lost }) => lost.name)).toEqual(["c1"]);
    }
  });

  test("is none where the first container has ended", () => {
    const all = history();
    const first = all.begins("a", "c1", 0);
    all.given(first, ADDRESS, 1);
    all.ends(first, 2);
    given(all, "b", "c2", 3);
    expect(all.breaches).toEqual([]);
  });
});

describe("an excused address", () => {
  test("has to be named by CHECK for one of the two", () => {
    for (const named of [[], ["c1"]]) {
      const all = history();
      given(all, "a", "c1");
      all.goesAway("a", 100);
      given(all, "b", "c2", 1500);
      all.comesBack("a", 2000);
      for (const one of all.living()) all.checked(one, named.includes(one.name), 3000);
      expect(all.breaches).toHaveLength(named.length === 0 ? 1 : 0);
    }
  });

  test("is lost where CHECK names it on a node that was there", () => {
    const all = history();
    given(all, "a", "c1");
    for (const one of all.living()) all.checked(one, true, 5000);
    expect(all.breaches).toEqual([
      "lost: c1 of a with 10.42.0.7, and its node was never away for so long",
    ]);
  });
});

describe("on one node", () => {
  test("an address is lost that is given to a second container", () => {
    const all = history();
    given(all, "a", "c1");
    given(all, "a", "c2");
    expect(all.breaches).toHaveLength(1);
  });

  test("an address is lost without its file, or with another's", () => {
    const all = history();
    given(all, "a", "c1");
    all.hasFiles("a", [{ address: ADDRESS, container: "c1" }]);
    expect(all.breaches).toEqual([]);
    all.hasFiles("a", []);
    all.hasFiles("a", [{ address: ADDRESS, container: "c9" }]);
    expect(all.breaches).toEqual([
      "lost: no file of c1 of a with 10.42.0.7",
      "lost: c1 of a with 10.42.0.7 has the file of c9",
    ]);
  });

  test("an address is leaked whose file stays without a container", () => {
    const all = history();
    given(all, "a", "c1");
    all.hasOnly("a", [
      { address: ADDRESS, container: "c1" },
      { address: "10.42.0.8", container: "gone" },
    ]);
    expect(all.breaches).toEqual(["leaked: 10.42.0.8 of a is kept for gone"]);
  });
});

test("an address is leaked that no container can have", () => {
  const all = history();
  given(all, "a", "c1");
  all.hasAll([ADDRESS, "10.42.0.8"]);
  expect(all.breaches).toEqual(["leaked: 10.42.0.8 can be had by no container"]);
});

test("an address is doubled that is a node's own", () => {
  const all = history();
  given(all, "a", "c1");
  all.isGateway("b", ADDRESS, 5000);
  expect(all.breaches).toHaveLength(1);
});
