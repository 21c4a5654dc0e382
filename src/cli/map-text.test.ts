import { expect, test } from "bun:test";
import { attachment, drift, madeNode } from "../topology/fixture/node.ts";
import { mapOf } from "../topology/index.ts";
import { LINES } from "../topology/text/index.ts";
import { mapText } from "./map-text.ts";

const FAULT = "10.1.0.2 is not reserved for it: another container may be given it";
const made = madeNode([{ name: "web", plugin: "bridge", count: 2 }]);
const [one, ...others] = made.attachments;
const hurt = attachment({
  ...{ network: "web", containerId: "", ifName: "eth0", ...one, state: "drift" },
  findings: [drift("address-not-reserved", FAULT)],
});
const map = mapOf({ ...made, attachments: [hurt, ...others] });

test("in a pipe a line is whole", () => {
  const text = mapText(map, LINES, { color: false });
  expect(text).toContain(`! ${FAULT}\n`);
  expect(text).toContain("   └─ node1  host\n");
  expect(text).toContain("v0x0  ──  web-c0  eth0 10.1.0.2/16");
});

test("on a narrow terminal no line is wider, and what is wrong is whole", () => {
  const lines = mapText(map, LINES, { color: false, columns: 40 }).trimEnd().split("\n");
  for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(40);
  const text = lines.join("\n");
  expect(text).toContain("└─ web-c0  eth0 10.1.0.2/16");
  expect(text.replaceAll(/\n[│ ]*/gu, " ")).toContain(FAULT);
});

test("colours change no place", () => {
  const plain = mapText(map, LINES, { color: false, columns: 60 });
  expect(Bun.stripANSI(mapText(map, LINES, { color: true, columns: 60 }))).toBe(plain);
});
