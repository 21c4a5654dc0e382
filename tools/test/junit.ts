import type { Outcome, Status } from "./outcome.ts";

/** Reads the report that `bun test --reporter=junit` writes. */

const TEST_CASE = /<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs;
const ATTRIBUTE = /([\w-]+)="([^"]*)"/g;
const ENTITY = /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi;
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

export function parseJunit(xml: string): Outcome[] {
  return [...xml.matchAll(TEST_CASE)].map(([, head = "", body = ""]) => {
    const attributes = new Map(
      [...head.matchAll(ATTRIBUTE)].map(([, key = "", value = ""]) => [key, decode(value)]),
    );
    // The innermost describe block comes first in "classname".
    const groups = (attributes.get("classname") ?? "").split(" > ").reverse();
    const name = [...groups, attributes.get("name") ?? ""].filter((part) => part !== "");
    return {
      file: attributes.get("file") ?? "?",
      name: name.join(" > "),
      status: statusOf(body),
    };
  });
}

function statusOf(body: string): Status {
  if (/<(?:failure|error)\b/.test(body)) return "failed";
  return body.includes("<skipped") ? "skipped" : "passed";
}

function decode(text: string): string {
  return text.replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return String.fromCodePoint(code);
  });
}
