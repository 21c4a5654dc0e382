/** The site in a real browser: served as plain files, and opened from its directory. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSite } from "../../tools/site/build.ts";
import { serveSite } from "../../tools/site/serve.ts";
import { DARK, DESKTOP, PHONE, type Sight, TestBrowser, type Window } from "../support/browser.ts";
import { must } from "../support/exec.ts";

setDefaultTimeout(60_000);

const SITE = mkdtempSync(join(tmpdir(), "hawser-site-"));

let browser: TestBrowser;
let server: Bun.Server<undefined>;

beforeAll(async () => {
  browser = await TestBrowser.start();
  await must(["ip", "link", "set", "dev", "lo", "up"]);
  await buildSite(SITE);
  server = serveSite(SITE);
});
afterAll(async () => {
  await server.stop(true);
  await browser[Symbol.asyncDispose]();
  rmSync(SITE, { recursive: true, force: true });
});

async function opened(address: string, sight: Sight = DESKTOP): Promise<Window> {
  const window = await browser.window(sight);
  await window.page.goto(`${server.url.href}${address}`);
  return window;
}

/** One page of each kind; those that axe looks at, too, are short. */
const LOOKED_AT = ["index.html", "guides/embed.html"];
const KINDS = [
  ...LOOKED_AT,
  "plugins/portmap.html",
  "commands/hawser-doctor.html",
  "openapi.html",
  "reference/hawser.invoke.html",
  "files/packaging/kubernetes/hawser.yaml.html",
];

test.each([
  ["wide", DESKTOP],
  ["dark", DARK],
  ["on a phone", PHONE],
] as const)("%s, nothing is wrong, and nothing scrolls sideways", async (_, sight) => {
  await using window = await browser.window(sight);
  const { page } = window;
  for (const address of KINDS) {
    await page.goto(`${server.url.href}${address}`);
    const wide = await page.evaluate("document.documentElement.scrollWidth");
    const headings = await page.locator("main h1").count();
    const barriers = LOOKED_AT.includes(address) ? await window.inaccessible() : [];
    expect({ address, wide, headings, barriers }).toEqual({
      ...{ address, wide: sight.width, headings: 1, barriers: [] },
    });
  }
  expect(window.take()).toEqual([]);
});

/** Searches by the keyboard alone, and opens the first place. */
async function finds({ page }: Window, words: string): Promise<string> {
  await page.keyboard.press("/");
  await page.keyboard.type(words);
  await page.getByText("the best first").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#|plugins/);
  return page.url();
}

test("the search finds a plugin by the keyboard, and asks nothing of anywhere else", async () => {
  await using window = await opened("index.html");
  expect(await finds(window, "portmap")).toContain("/plugins/portmap.html");
  expect(await window.page.locator("main h1").textContent()).toContain("portmap");
  await window.page.goto(`${server.url.href}guides/podman.html`);
  expect(await finds(window, "Runtime.add")).toContain("/reference/hawser.runtime.html#runtimeadd");
  expect(window.take()).toEqual([]);
});

test("the results are accessible, and Escape closes them", async () => {
  await using window = await opened("index.html", PHONE);
  const { page } = window;
  await page.getByRole("searchbox").fill("firewall");
  await page.getByText("the best first").waitFor();
  expect(await page.locator(".results a").count()).toBe(12);
  expect(await window.inaccessible()).toEqual([]);
  await page.keyboard.press("Escape");
  expect(await page.locator(".results").isHidden()).toBe(true);
});

test("what is not there is said", async () => {
  await using window = await opened("index.html");
  await window.page.getByRole("searchbox").fill("qqqqzzzz");
  await window.page.getByText("Nothing found").waitFor();
});

test("a chosen theme is kept from page to page", async () => {
  await using window = await opened("index.html");
  const { page } = window;
  await page.getByRole("button", { name: "Colours: system" }).click();
  await page.getByRole("button", { name: "Colours: light" }).click();
  await page.goto(`${server.url.href}install.html`);
  expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  expect(window.take()).toEqual([]);
});

test("opened from its directory, without a server, it is read and searched as well", async () => {
  await using window = await browser.window();
  await window.page.goto(`file://${SITE}/index.html`);
  expect(await finds(window, "portmap")).toContain("/plugins/portmap.html");
});

test("without a script every text and every page is reached", async () => {
  const text = await Bun.file(join(SITE, "guides/podman.html")).text();
  expect(text).toContain("cni_plugin_dirs");
  expect(text).toContain('href="../plugins/portmap.html"');
});
