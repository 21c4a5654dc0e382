import { describe, expect, test } from "bun:test";
import { Ip, Prefix } from "../addr/index.ts";
import { FleetKeys } from "./keys.ts";
import { numbersIn, Occupied } from "./occupied.ts";
import { parseAlive, parseBlock, parseFleet, parseNode, parseQuarantine } from "./parse.ts";
import { assigned, joined, partsOf, sharesOf } from "./parts.ts";
import { halves, merged, without } from "./pieces.ts";
import { Space } from "./space.ts";

const BLOCK = Prefix.parse("10.42.0.0/28");
const A = { node: "a", epoch: 1 };
const B = { node: "b", epoch: 2 };
const at = (text: string): Prefix => Prefix.parse(text);

describe("the parts of a block", () => {
  test("cover it, each address once and in order, or are no parts", () => {
    const parts = [{ prefix: "10.42.0.0/29", ...A }, { prefix: "10.42.0.8/29" }];
    expect(sharesOf(BLOCK, parts)).toEqual([
      { prefix: at("10.42.0.0/29"), owner: A },
      { prefix: at("10.42.0.8/29"), owner: undefined },
    ]);
    for (const wrong of [
      [],
      [{ prefix: "10.42.0.0/29" }],
      [{ prefix: "10.42.0.8/29" }, { prefix: "10.42.0.0/29" }],
      [{ prefix: "10.42.0.0/28" }, { prefix: "10.42.0.8/29" }],
      [{ prefix: "10.42.0.0/27" }],
      [{ prefix: "10.42.0.1/28" }],
      [{ prefix: "10.42.0.0/28", node: "a" }],
      [{ prefix: "fd00::/64" }],
    ]) {
      expect(sharesOf(BLOCK, wrong)).toBeUndefined();
    }
  });

  test("are split down to one address, and one again when it comes back", () => {
    const whole = [{ prefix: BLOCK, owner: A }];
    const split = assigned(whole, at("10.42.0.5/32"), B);
    expect(partsOf(split)).toEqual([
      { prefix: "10.42.0.0/30", ...A },
      { prefix: "10.42.0.4/32", ...A },
      { prefix: "10.42.0.5/32", ...B },
      { prefix: "10.42.0.6/31", ...A },
      { prefix: "10.42.0.8/29", ...A },
    ]);
    expect(assigned(split, at("10.42.0.5/32"), A)).toEqual(whole);
    expect(joined(split)).toEqual(split);
    expect(assigned(whole, at("10.42.0.0/24"), undefined)).toEqual([
      { prefix: BLOCK, owner: undefined },
    ]);
  });
});

describe("prefixes", () => {
  test("are halved, cut and joined without losing an address", () => {
    expect(halves(at("fd00::/64")).map(String)).toEqual(["fd00::/65", "fd00::8000:0:0:0/65"]);
    expect(without(at("10.0.0.0/29"), at("10.0.0.2/32")).map(String)).toEqual([
      "10.0.0.0/31",
      "10.0.0.3/32",
      "10.0.0.4/30",
    ]);
    expect(
      merged(["10.0.0.4/30", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.16/28"].map(at)).map(String),
    ).toEqual(["10.0.0.0/29", "10.0.0.16/28"]);
    // Neighbours that are not halves of one prefix stay two.
    expect(merged(["10.0.0.2/31", "10.0.0.4/31"].map(at))).toHaveLength(2);
  });
});

describe("a subnet in blocks", () => {
  const space = new Space(at("10.42.0.0/16"), 26, 0);
  const wide = new Space(at("fd00::/48"), 120, 1);

  test("has numbers for them, and keys in the order of their addresses", () => {
    const keys = new FleetKeys("pods");
    expect(space.count).toBe(1024n);
    expect(space.block(5n).toString()).toBe("10.42.1.64/26");
    expect(space.numberOf(Ip.parse("10.42.1.64"))).toBe(5n);
    expect(space.numberOf(Ip.parse("10.42.1.65"))).toBeUndefined();
    expect(keys.block(space.block(5n))).toBe("/hawser/1/pods/block/4/0a2a0140");
    expect(keys.blockAddress("/hawser/1/pods/block/4/0a2a0140")?.toString()).toBe("10.42.1.64");
    for (const wrong of ["block/4/0a2a014", "block/6/0a2a0140", "block/4/0a2a014x", "fleet"]) {
      expect(keys.blockAddress(`/hawser/1/pods/${wrong}`)).toBeUndefined();
    }
    expect(keys.block(wide.block(1n))).toBe(
      "/hawser/1/pods/block/6/fd000000000000000000000000000100",
    );
  });

  test("has a place of chance in all of it", () => {
    const places = [0, 0.25, 0.5, 0.999_999].map((chance) => space.anyBlock(() => chance));
    for (const place of places) expect(place >= 0n && place < space.count).toBe(true);
    let next = 0;
    const chances = [0.1, 0.9, 0.3, 0.7, 0.5, 0.2];
    const many = new Set(chances.map(() => wide.anyBlock(() => chances[next++ % 6] ?? 0)));
    expect(many.size).toBeGreaterThan(1);
  });

  test("gives its own addresses to no container", () => {
    expect(space.isUsable(Ip.parse("10.42.0.0"))).toBe(false);
    expect(space.isUsable(Ip.parse("10.42.255.255"))).toBe(false);
    expect(space.isUsable(Ip.parse("10.42.0.64"))).toBe(true);
    expect(wide.isUsable(Ip.parse("fd00::"))).toBe(false);
    expect(wide.isUsable(Ip.parse("fd00::1"))).toBe(true);
    expect(new Space(at("10.0.0.0/31"), 31, 0).isUsable(Ip.parse("10.0.0.0"))).toBe(true);
  });
});

describe("what is occupied", () => {
  const space = new Space(at("10.42.0.0/24"), 28, 0);
  const addresses = (...some: string[]) =>
    numbersIn(
      space,
      some.map((text) => Ip.parse(text)),
    );
  const occupied = new Occupied(
    space,
    addresses("10.42.0.3", "10.42.0.9"),
    addresses("10.42.0.1", "10.42.0.3"),
  );

  test("is counted once, and the ends of the subnet are not free", () => {
    expect(occupied.countIn(BLOCK)).toBe(3);
    expect(occupied.freeIn(BLOCK)).toBe(12);
    expect(occupied.freeIn(at("10.42.0.240/28"))).toBe(15);
    expect(occupied.firstFree(BLOCK)?.toString()).toBe("10.42.0.2");
    expect(occupied.reservedIn(BLOCK).map(String)).toEqual(["10.42.0.3", "10.42.0.9"]);
  });

  test("leaves empty pieces, as large as wanted and no larger", () => {
    expect(occupied.emptyIn(BLOCK, 30, 8).map(String)).toEqual([
      "10.42.0.2/32",
      "10.42.0.4/30",
      "10.42.0.8/32",
      "10.42.0.10/31",
      "10.42.0.12/30",
    ]);
    expect(occupied.emptyIn(BLOCK, 32, 2)).toHaveLength(2);
    // An address that no container may have is of no use to another node.
    expect(occupied.emptyIn(at("10.42.0.0/31"), 28, 8)).toEqual([]);
  });
});

describe("a value of the store", () => {
  test("that is no record is none, whatever it is", () => {
    const parsers = [parseFleet, parseNode, parseAlive, parseBlock, parseQuarantine];
    const strange = ["", "null", "[]", "1", '"x"', "{", "{}", '{"parts":1}', '{"parts":[null]}'];
    for (const parse of parsers) {
      for (const value of strange) expect(parse(value)).toBeUndefined();
      expect(parse(`{"x":"${"y".repeat(300_000)}"}`)).toBeUndefined();
    }
  });

  test("keeps what a newer program has written beside", () => {
    const record = { epoch: 1, session: "s", gateways: ["10.0.0.1"], version: "9", newer: [1] };
    expect(parseNode(JSON.stringify(record))).toEqual(record);
    for (const wrong of [
      { epoch: -1 },
      { epoch: 1.5 },
      { gateways: ["x"] },
      { underlay: "10.0.0" },
      { session: 1 },
    ]) {
      expect(parseNode(JSON.stringify({ ...record, ...wrong }))).toBeUndefined();
    }
  });
});
