import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpacked } from "../../src/cli/embedded-page.ts";
import { ROOT } from "../test/files.ts";
import { archiveOf, buildPage } from "./page.ts";

/** What the page may weigh at most before anything is to be seen, compressed; issue 14 says so. */
const FIRST_VIEW_MAX = 500_000;

let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hawser-page-"));
  await buildPage({ root: ROOT, scratch });
});
afterAll(() => rmSync(scratch, { recursive: true }));

function read(name: string): string {
  return readFileSync(join(scratch, name), "utf8");
}

test("the first view weighs less than it may", () => {
  const first = ["index.html", "app.js", "app.css", "icon.svg"];
  expect(first.filter((name) => !readdirSync(scratch).includes(name))).toEqual([]);
  const sizes = first.map((name) => Bun.gzipSync(readFileSync(join(scratch, name))).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_VIEW_MAX);
});

test("what the script imports first is named in the document", () => {
  const chunk = /^import\{[^}]*\}from"\.\/([\w-]+\.js)"/u.exec(read("app.js"))?.[1];
  expect(chunk).toBeDefined();
  expect(read("index.html")).toContain(`<link rel="modulepreload" href="${chunk}">`);
});

test("charts are loaded when there is something to draw", () => {
  const chunks = readdirSync(scratch).filter((name) => /^chart-\w+\.js$/u.test(name));
  expect(chunks).toHaveLength(1);
  expect(read("app.js")).toContain(chunks[0] ?? "-");
});

test("nothing is inline, and nothing is asked of anywhere else", () => {
  const html = read("index.html");
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/u);
  for (const name of readdirSync(scratch)) {
    const urls = read(name).match(/\b(?:https?|wss?):\/\/[^\s"'`)]*/gu) ?? [];
    // Names of languages, which no browser fetches.
    expect([name, urls.filter((url) => !url.startsWith("http://www.w3.org/"))]).toEqual([name, []]);
  }
});

describe("the file of a report", () => {
  test("allows its own script and style, by their digests, and nothing else", () => {
    const html = read("report.html");
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/u.exec(html)?.[1] ?? "";
    expect(policy).toContain("default-src 'none'");
    for (const [kind, pattern] of [
      ["script", /<script type="module">(.*?)<\/script>/su],
      ["style", /<style>(.*?)<\/style>/su],
    ] as const) {
      const digest = new Bun.CryptoHasher("sha256")
        .update(pattern.exec(html)?.[1] ?? "")
        .digest("base64");
      expect(policy).toContain(`${kind}-src 'sha256-${digest}'`);
    }
    expect(html).not.toMatch(/ (?:src|href)="(?!data:)/u);
  });
});

test("the archive has each file as it was", () => {
  const files = unpacked(new Uint8Array(archiveOf(scratch)));
  expect([...files.keys()]).toEqual(readdirSync(scratch).sort());
  for (const [name, { gzip }] of files) {
    expect(new TextDecoder().decode(Bun.gunzipSync(gzip))).toBe(read(name));
  }
  expect(files.get("app.js")?.type).toBe("text/javascript; charset=utf-8");
});
