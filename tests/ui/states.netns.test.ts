/** States of the page that are hard to make on a node: played by an API of made-up answers. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { bringLoopbackUp } from "../../tools/pictures/loopback.ts";
import { DESKTOP, TestBrowser, type Window } from "../support/browser.ts";
import { type FakeApi, fakeApi } from "../support/fake-api.ts";
import { picture } from "../support/picture/index.ts";
import { goTo } from "./stage.ts";

setDefaultTimeout(120_000);

const PAGE = fileURLToPath(new URL("../../dist/page", import.meta.url));

let browser: TestBrowser;
beforeAll(async () => {
  bringLoopbackUp();
  browser = await TestBrowser.start();
});
afterAll(() => browser[Symbol.asyncDispose]());

function apiOf(attachments: number): FakeApi {
  return fakeApi(PAGE, picture({ attachments, now: Date.now() }));
}

/** The page at a view, and the words that its main part shows. */
async function shown(api: FakeApi, view: string): Promise<Window> {
  const window = await browser.window(DESKTOP);
  await window.page.goto(api.address);
  await goTo(window, view);
  return window;
}

async function words({ page }: Window): Promise<string> {
  return (await page.textContent("main")) ?? "";
}

/** Nothing is wrong with a state: for those that hear it, nor on the console but for what is expected. */
async function problemsOf(window: Window, expected?: RegExp): Promise<string[]> {
  return [...(await window.inaccessible()), ...window.take(expected)];
}

describe("a view says", () => {
  test("that nothing is attached yet, and how something is", async () => {
    await using api = apiOf(0);
    await using window = await shown(api, "/attachments");
    expect(await words(window)).toContain("Nothing is attached yet");
    expect(await words(window)).toContain("hawser add dbnet /run/netns/blue");
    expect(await problemsOf(window)).toEqual([]);
  });

  test("that calls are not recorded, and how they are", async () => {
    await using api = apiOf(2);
    api.answers["calls"] = { recording: false, groups: [], more: false };
    await using window = await shown(api, "/calls");
    expect(await words(window)).toContain("Calls are not recorded on this node");
    expect(await words(window)).toContain("hawser trace on --for 10m");
    expect(await problemsOf(window)).toEqual([]);
  });

  test("that its list was cut", async () => {
    await using api = apiOf(3);
    api.answers["attachments"] = { ...(api.answers["attachments"] as object), more: true };
    await using window = await shown(api, "/attachments");
    expect(await words(window)).toContain("The first 3 attachments are shown");
  });

  test("what could not be read, and shows the rest", async () => {
    await using api = apiOf(3);
    const problems = ["/proc/1/ns/net: permission denied"];
    api.answers["node"] = { ...(api.answers["node"] as object), problems };
    await using window = await shown(api, "/attachments");
    await window.page.click("summary");
    expect(await words(window)).toContain("/proc/1/ns/net: permission denied");
    expect(await words(window)).toContain("default/db-0");
    expect(await problemsOf(window)).toEqual([]);
  });
});

test("an error of one resource is said in its view, and the others go on", async () => {
  await using api = apiOf(3);
  api.errors["rules"] = { code: 5, msg: "netlink says <b>EPERM</b>" };
  await using window = await shown(api, "/rules");
  expect(await words(window)).toContain(
    "The rules could not be read. netlink says <b>EPERM</b> (code 5)",
  );
  expect(await problemsOf(window, /status of 500/)).toEqual([]);
  delete api.errors["rules"];
  await window.page.click("text=Read again");
  await window.page.waitForSelector("text=dbnet . 10.1.0.2");
  await goTo(window, "/ports");
  expect(await words(window)).toContain("8080/tcp");
});

test("a stream that breaks is opened again behind the last change, and the page says so meanwhile", async () => {
  await using api = apiOf(3);
  await using window = await shown(api, "/attachments");
  await window.page.waitForSelector(".connection >> text=live");
  api.send({ revision: "41", kind: "node" });
  await window.page.waitForFunction("performance.getEntriesByType('resource').length > 8");
  api.cut(true);
  await window.page.waitForSelector(".connection >> text=not connected");
  expect(await words(window)).toContain("The connection to this node is gone since");
  expect(await words(window)).toContain("default/db-0");
  api.cut(false);
  await window.page.click("text=Try now");
  await window.page.waitForSelector(".connection >> text=live");
  expect(api.asked.filter(({ path }) => path === "changes").at(-1)?.from).toBe("41");
  expect(await problemsOf(window, /status of 503/)).toEqual([]);
});

test("the row that has the focus keeps it while the list is read anew", async () => {
  await using api = apiOf(300);
  await using window = await shown(api, "/attachments");
  const link = (name: string): string => `tbody a:has(bdi:text-is("default/${name}"))`;
  // What is not well stands above: the rows are counted from this one.
  const names = await window.page.locator("tbody a[data-rove]").allTextContents();
  const third = names[names.indexOf("default/db-0") + 3] ?? "";
  expect(third).not.toBe("");
  await window.page.focus(link("db-0"));
  for (let count = 0; count < 3; count += 1) await window.page.keyboard.press("ArrowDown");
  const focused = "document.activeElement.textContent";
  expect(await window.page.evaluate<string>(focused)).toBe(third);
  api.send({ revision: "2", kind: "node" });
  await Bun.sleep(500);
  expect(await window.page.evaluate<string>(focused)).toBe(third);
  await window.page.keyboard.press("Enter");
  await window.page.waitForSelector(`h1 >> text=${third}`);
});

test("of a long list only what is near is drawn, and all of it can be reached", async () => {
  await using api = apiOf(1000);
  await using window = await shown(api, "/attachments");
  const rows = "document.querySelectorAll('tbody tr').length";
  expect(await window.page.evaluate<number>(rows)).toBeLessThan(400);
  await window.page.evaluate("window.scrollTo(0, document.body.scrollHeight)");
  await window.page.waitForSelector('tbody a:has(bdi:text-is("default/db-999"))');
  expect(await window.page.getAttribute("table", "aria-rowcount")).toBe("1001");
});
