/** What the browser in tests notices, and where it cannot go. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { DARK, PHONE, TestBrowser, type Window } from "./browser.ts";
import { must } from "./exec.ts";

setDefaultTimeout(60_000);

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'";
const HTML = { "content-type": "text/html; charset=utf-8" };

let browser: TestBrowser;
let server: Bun.Server<undefined>;

beforeAll(async () => {
  browser = await TestBrowser.start();
  await must(["ip", "link", "set", "dev", "lo", "up"]);
  server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
});
afterAll(async () => {
  await server.stop(true);
  await browser[Symbol.asyncDispose]();
});

function answer(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/favicon.ico") return new Response(null, { status: 204 });
  const page = PAGES[pathname.slice(1)];
  if (page === undefined) return new Response("", { status: 404 });
  const type = pathname.endsWith(".js") ? { "content-type": "text/javascript" } : HTML;
  const policy = { "content-security-policy": POLICY };
  return new Response(page, { headers: pathname === "/free" ? type : { ...type, ...policy } });
}

function page(body: string): string {
  return `<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>${body}</main>`;
}

const PAGES: Readonly<Record<string, string>> = {
  good: page("<p>Nothing is wrong</p>"),
  "bad.js": "console.error('bad'); setTimeout(() => { throw new Error('thrown later'); });",
  bad: page('<script src="bad.js"></script>'),
  free: page('<p style="color:#eee">pale</p><img src="http://192.0.2.7/x.png">'),
  inline: page("<script>document.title = 'it ran'</script>"),
};

async function opened(name: string): Promise<Window> {
  const window = await browser.window();
  await window.page.goto(`${server.url.href}${name}`);
  return window;
}

test("a page with nothing wrong has no faults", async () => {
  await using window = await opened("good");
  expect([...window.take(), ...(await window.inaccessible())]).toEqual([]);
});

test("errors on the console and thrown ones are faults", async () => {
  await using window = await opened("bad");
  await window.page.waitForTimeout(100);
  const faults = window.take();
  expect(faults).toContainEqual("console: bad");
  expect(faults.join("\n")).toContain("thrown later");
});

test("a request to anywhere else is one, and goes nowhere", async () => {
  await using window = await opened("free");
  const faults = window.take(/console: Failed to load/);
  expect(faults).toEqual(["request: http://192.0.2.7/x.png"]);
  const found = await window.inaccessible();
  expect(found.join("\n")).toMatch(/^color-contrast/m);
  expect(found.join("\n")).toMatch(/^image-alt/m);
});

test("a policy holds in tests too", async () => {
  await using window = await opened("inline");
  expect(await window.page.title()).toBe("A page");
  expect(window.take().join("\n")).toContain("Content Security Policy");
});

test("a window has the theme and the width that it is asked for", async () => {
  for (const sight of [DARK, PHONE]) {
    await using window = await browser.window(sight);
    await window.page.goto(`${server.url.href}good`);
    const seen: unknown = await window.page.evaluate(
      "({ width: innerWidth, dark: matchMedia('(prefers-color-scheme: dark)').matches })",
    );
    expect(seen).toEqual({ width: sight.width, dark: sight.theme === "dark" });
  }
});
