/** What the map is drawn as, whatever containers are called. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import type { MapForm } from "../forms/index.ts";
import { dotOf } from "./dot/index.ts";
import { attachment, drift, madeNode } from "./fixture/node.ts";
import { mapOf, narrowed } from "./index.ts";
import { layoutOf } from "./layout/index.ts";
import { svgOf } from "./svg/index.ts";
import { ASCII, fit, LINES, treeOf } from "./text/index.ts";

const HOSTILE: readonly string[] = [
  "</svg><script>alert(1)</script>",
  '"; ]; } digraph evil { "',
  "a\\",
  "a\\N\\G",
  "&amp;&#0;<![CDATA[",
  "\u202egnirts\u0007\u001b[31m",
  "line\nbreak\ttab",
  "\ud800 half",
  "\ufffe\uffff",
  "__proto__",
  "constructor",
  "漢字".repeat(200),
  "",
];

/** Characters that one of the languages takes for something else. */
const HARD: readonly string[] = [
  "<",
  ">",
  "&",
  '"',
  "'",
  "\\",
  "[",
  "]",
  "{",
  "}",
  ";",
  "\n",
  "\u202e",
  "\0",
];

function hostileMap(name: string): MapForm {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: 3 }]);
  const [first, ...rest] = facts.attachments;
  if (first === undefined) throw new Error("three were made");
  const evil = {
    ...first,
    ...{
      containerId: name,
      network: name,
      pod: { namespace: name, name },
      state: "drift" as const,
    },
    findings: [drift("no-reservation", name)],
  };
  const alone = attachment({ network: name, containerId: `${name}2`, ifName: name, netns: name });
  return mapOf({ ...facts, attachments: [evil, alone, ...rest] });
}

const names = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...HARD) }),
);

test("a picture is one well-formed document, whatever containers are called", () => {
  fc.assert(
    fc.property(names, (name) => {
      const map = hostileMap(name);
      const svg = svgOf(map, layoutOf(map), name);
      expect(xmlProblems(svg)).toEqual([]);
      expect(svg).not.toContain("<script");
      expect(svg.match(/<\/svg>/gu)).toHaveLength(1);
    }),
    { numRuns: 40 },
  );
});

test("a graph for Graphviz has the nodes and edges of the map, and no other", () => {
  fc.assert(
    fc.property(names, (name) => {
      const map = hostileMap(name);
      const { nodes, edges, problems } = parseDot(dotOf(map));
      expect(problems).toEqual([]);
      expect(nodes).toBe(map.nodes.length);
      expect(edges).toBe(map.edges.length);
    }),
  );
});

test("a line of text is one line, and nothing in it acts on a terminal", () => {
  fc.assert(
    fc.property(names, (name) => {
      for (const line of treeOf(hostileMap(name))) {
        const text = line.map((part) => part.text).join("");
        expect(text).not.toMatch(/[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/u);
      }
    }),
  );
});

test("a text that is cut has a sign, and no more columns than there are", () => {
  expect(fit("short", 12)).toBe("short");
  expect(fit("exactly-twelv", 13)).toBe("exactly-twelv");
  expect(fit("exactly-twelve", 13)).toBe("exactly-twel…");
  for (const name of [...HOSTILE, "𠀀".repeat(9), "x".repeat(5000)]) {
    expect(Bun.stringWidth(fit(name, 12))).toBeLessThanOrEqual(12);
  }
});

test("a tree names each container once, with what is wrong below it", () => {
  const map = hostileMap("evil");
  const text = treeOf(map).map((line) => line.map((part) => part.text).join(" "));
  for (const { kind, label } of map.nodes) {
    if (kind === "namespace") expect(text.filter((line) => line.includes(label))).toHaveLength(1);
  }
  expect(text.filter((line) => line.includes("! evil"))).toHaveLength(1);
});

test("a tree for few columns has a line for each container, and says once what is wrong with its link", () => {
  const map = hostileMap("evil");
  const lines = treeOf(map, { isNarrow: true });
  const names = lines.map((line) => line.filter(({ as }) => as === "name").length);
  expect(Math.max(...names)).toBe(1);
  const text = lines.map((line) => line.map((part) => part.text).join(" "));
  expect(text.filter((line) => line.includes("! evil"))).toHaveLength(1);
});

test("a tree in ASCII is in ASCII", () => {
  const map = mapOf(
    madeNode([
      { name: "a", plugin: "bridge", count: 2 },
      { name: "b", plugin: "macvlan", count: 1 },
    ]),
  );
  const plain = treeOf(map, { stems: ASCII }).flatMap((line) => line.map((part) => part.text));
  expect(plain.join("")).toMatch(/^[\x20-\x7e]*$/u);
  expect(treeOf(map, { stems: LINES })).toHaveLength(treeOf(map, { stems: ASCII }).length);
});

test("a part of a map holds together by itself", () => {
  const map = mapOf(madeNode([{ name: "a", plugin: "bridge", count: 9 }]));
  fc.assert(
    fc.property(fc.subarray(map.nodes.map(({ id }) => id)), (ids) => {
      const part = narrowed(map, ({ id }) => ids.includes(id));
      const kept = new Set(part.nodes.map(({ id }) => id));
      expect(ids.every((id) => kept.has(id))).toBeTrue();
      for (const { from, to } of part.edges) expect(kept.has(from) && kept.has(to)).toBeTrue();
      expect(part.groups.flatMap(({ nodes }) => nodes).every((id) => kept.has(id))).toBeTrue();
    }),
  );
});

/** What keeps a text from being a well-formed XML document of elements, attributes and text. */
function xmlProblems(text: string): string[] {
  if (!/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(text)) {
    return ["it has a character that XML does not"];
  }
  const open: string[] = [];
  const token =
    /<(?<end>\/)?(?<name>[A-Za-z][\w-]*)(?<rest>(?:\s+[\w:-]+="[^"<&]*(?:&(?:amp|lt|gt|quot|#\d+);[^"<&]*)*")*)\s*(?<empty>\/)?>|(?<text>[^<&]+)|&(?:amp|lt|gt|quot|#39);/uy;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const groups = token.exec(text)?.groups;
    if (groups === undefined) return [`at ${at}: ${text.slice(at, at + 40)}`];
    const { name, end, empty } = groups;
    if (name === undefined) continue;
    if (end !== undefined) {
      if (open.pop() !== name) return [`at ${at}: </${name}> ends nothing`];
    } else if (empty === undefined) open.push(name);
  }
  return open.map((name) => `<${name}> does not end`);
}

/** Reads as much of Graphviz's grammar as is written. */
function parseDot(text: string): { nodes: number; edges: number; problems: string[] } {
  const string = String.raw`"(?:[^"\\\n]|\\.)*"`;
  const attribute = `(?:[a-z]+=${string})`;
  const list = `\\[${attribute}(?:, ?${attribute})*\\]`;
  const node = new RegExp(`^\\s*${string} ${list};$`, "u");
  const edge = new RegExp(`^\\s*${string} -> ${string} ${list};$`, "u");
  const other = new RegExp(
    `^(?:digraph map \\{|\\s*(?:graph|node|edge) ${list};|\\s*subgraph ${string} \\{|\\s*label=${string};|\\s*\\})$`,
    "u",
  );
  const lines = text.trimEnd().split("\n");
  const opened = lines.filter((line) => line.endsWith("{")).length;
  const closed = lines.filter((line) => line.trim() === "}").length;
  return {
    nodes: lines.filter((line) => node.test(line) && !/^\s*(?:graph|node|edge) \[/u.test(line))
      .length,
    edges: lines.filter((line) => edge.test(line)).length,
    problems: [
      ...lines.filter((line) => !node.test(line) && !edge.test(line) && !other.test(line)),
      ...(opened === closed ? [] : ["braces do not match"]),
    ],
  };
}
