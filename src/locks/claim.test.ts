import { describe, expect, test } from "bun:test";
import {
  type Claim,
  conflict,
  keysOf,
  parseContainers,
  parseTicket,
  printContainers,
  printTicket,
} from "./claim.ts";

function claim(operation: Claim["operation"], network: string, ...containerIds: string[]): Claim {
  return { operation, network, containerIds };
}

function excludes(one: Claim, other: Claim): boolean {
  const [left, right] = [keysOf(one), keysOf(other)];
  expect(conflict(left, right)).toBe(conflict(right, left));
  return conflict(left, right);
}

describe("which operations exclude each other", () => {
  test("R72 those on one container, in any network; no others", () => {
    expect(excludes(claim("ADD", "n", "c"), claim("ADD", "m", "c"))).toBe(true);
    expect(excludes(claim("ADD", "n", "c"), claim("CHECK", "m", "c"))).toBe(true);
    expect(excludes(claim("ADD", "n", "c"), claim("DEL", "n", "d"))).toBe(false);
  });

  test("R73 GC excludes ADD, DEL and GC of its network, and CHECK of what it removes", () => {
    expect(excludes(claim("GC", "n"), claim("ADD", "n", "c"))).toBe(true);
    expect(excludes(claim("GC", "n"), claim("DEL", "n", "c"))).toBe(true);
    expect(excludes(claim("GC", "n"), claim("GC", "n"))).toBe(true);
    expect(excludes(claim("GC", "n"), claim("CHECK", "n", "c"))).toBe(false);
    expect(excludes(claim("GC", "n", "c"), claim("CHECK", "n", "c"))).toBe(true);
    expect(excludes(claim("GC", "n"), claim("ADD", "m", "c"))).toBe(false);
    expect(excludes(claim("GC", "n", "c"), claim("ADD", "m", "c"))).toBe(true);
    expect(excludes(claim("GC", "n"), claim("GC", "m"))).toBe(false);
  });
});

describe("names of tickets", () => {
  const ticket = {
    number: 42,
    owner: { pid: 7, start: "123", namespace: "4026531836", boot: "abc0" },
    token: "ff00",
    kind: "gc",
    network: "0123456789abcdef",
    container: undefined,
  } as const;

  test("what is written is read", () => {
    expect(parseTicket(printTicket(ticket))).toEqual(ticket);
    const one = { ...ticket, kind: "change", container: "fedcba9876543210" } as const;
    expect(parseTicket(printTicket(one))).toEqual(one);
  });

  test("they sort as the queue does", () => {
    const names = [9, 10, 100, 1000].map((number) => printTicket({ ...ticket, number }));
    expect([...names].sort()).toEqual(names);
  });

  test("other files are none", () => {
    for (const name of ["", "x", `${printTicket(ticket)}~`, ".nfs0001"]) {
      expect(parseTicket(name)).toBeUndefined();
    }
  });

  test("a list of containers that is still being written is recognised", () => {
    const keys = keysOf(claim("GC", "n", "c", "d"));
    const text = printContainers(keys);
    expect(parseContainers(text)).toEqual(new Set(keys.containers));
    for (let length = 0; length < text.length; length++) {
      expect(parseContainers(text.slice(0, length))).toBeUndefined();
    }
    expect(parseContainers(printContainers(keysOf(claim("GC", "n"))))).toEqual(new Set());
  });
});
