import { describe, expect, test } from "bun:test";
import { picture } from "../../../tests/support/picture/index.ts";
import type { AttachmentForm, AttachmentsForm } from "../../forms/index.ts";
import { nameOf } from "../words/names.ts";
import { chosenRows, type RowChoice } from "./rows.ts";

const NOW = 1_800_000_000_000;
const ALL = attachmentsOf(12);
const NOTHING: RowChoice = { text: "", network: "", state: "", sort: "" };

function attachmentsOf(attachments: number): readonly AttachmentForm[] {
  return (picture({ attachments, now: NOW })["attachments"] as AttachmentsForm).attachments;
}

function names(choice: Partial<RowChoice>): string[] {
  return chosenRows(ALL, { ...NOTHING, ...choice }).map((row) =>
    nameOf(row).replace("default/", ""),
  );
}

describe("rows are chosen", () => {
  test("by network and state", () => {
    // What is not well comes first, and everything else as it came.
    expect(names({ network: "bluenet" })).toEqual(["web-5", "web-2", "web-8", "web-11"]);
    expect(names({ network: "bluenet", state: "orphan" })).toEqual(["web-5"]);
    expect(names({ state: "nothing" })).toEqual([]);
  });

  test.each([
    ["db-9", ["db-9"]],
    ["DB-9", ["db-9"]],
    ["10.2.0.7", ["web-5"]],
    ["fd00 web-8", ["web-8"]],
    ["tcp/8088", ["web-8"]],
    ["no port of cni0", ["db-3"]],
    ["  ", names({})],
  ])("by the words %j", (text, found) => {
    expect(names({ text })).toEqual(found);
  });
});

describe("rows are sorted", () => {
  test("by address as numbers, and back", () => {
    const addresses = (sort: string): (string | undefined)[] => {
      return chosenRows(attachmentsOf(30), { ...NOTHING, sort }).map(({ addresses: [one] }) => one);
    };
    const sorted = addresses("address");
    expect(sorted.slice(0, 3)).toEqual(["10.1.0.2/20", "10.1.0.3/20", "10.1.0.5/20"]);
    expect(sorted.indexOf("10.1.0.9/20")).toBeLessThan(sorted.indexOf("10.1.0.11/20"));
    expect(addresses("-address")).toEqual(sorted.toReversed());
  });

  test("by address of IPv6 as numbers too, behind IPv4", () => {
    const [one] = ALL;
    if (one === undefined) throw new Error("one was made");
    const texts = ["fd00:1::1/64", "fd00::10/64", "10.9.0.1/16", "fd00::9/64", "10.10.0.1/16"];
    const rows = texts.map((address) => ({ ...one, addresses: [address] }));
    const sorted = chosenRows(rows, { ...NOTHING, sort: "address" }).map(
      ({ addresses }) => addresses,
    );
    expect(sorted.flat()).toEqual([
      ...["10.9.0.1/16", "10.10.0.1/16", "fd00::9/64", "fd00::10/64", "fd00:1::1/64"],
    ]);
  });

  test("by state, the worst first", () => {
    expect(
      chosenRows(ALL, { ...NOTHING, sort: "state" })
        .map(({ state }) => state)
        .slice(0, 6),
    ).toEqual([...["leak", "orphan", "drift", "unfinished", "unclear", "ok"]] as never[]);
  });

  test.each(["name", "network", "ifname", "since"])("by %s, none is lost", (sort) => {
    expect(names({ sort }).toSorted()).toEqual(names({}).toSorted());
  });

  test("not at all by what is no column", () => {
    expect(names({ sort: "constructor" })).toEqual(names({}));
  });
});

test("a thousand are chosen and sorted within the time of a frame or two", () => {
  const many = attachmentsOf(1000);
  const began = performance.now();
  for (let count = 0; count < 5; count += 1) {
    chosenRows(many, { ...NOTHING, text: "10.1 web", sort: "address" });
  }
  expect((performance.now() - began) / 5).toBeLessThan(100);
});
