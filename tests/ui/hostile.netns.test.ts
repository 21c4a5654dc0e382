/** Names that containers choose are text, however they are made. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { PHONE } from "../support/browser.ts";
import { WEB } from "../support/ui-cast.ts";
import { goTo, uiStage } from "./stage.ts";

setDefaultTimeout(120_000);

/** A name that ends with an override of the direction, and one that never ends. */
const NAMES = {
  markup: "<img src=x onerror=globalThis.injected=1><b>bold</b>",
  entity: "&lt;script&gt;alert(1)&lt;/script&gt;",
  direction: "safe\u202Egpj.exe\u2066",
  long: "x".repeat(500),
  template: ["$", "{globalThis.injected=1}{{7*7}}"].join(""),
};

const stage = uiStage(async (node) => {
  node.network(WEB);
  for (const [container, pod] of Object.entries(NAMES)) {
    const one = { network: "web", container, pod: "pod", space: "shop" };
    await node.addFast(one);
    node.rename(one, pod);
  }
});

const VIEWS = ["/map", "/attachments", "/ranges/0", "/ports", "/calls", "/doctor"];

test("they are shown as they are, run nothing, and break no view", async () => {
  await using window = await stage.show("/attachments");
  const { page } = window;
  const shown = (await page.getByRole("table").textContent()) ?? "";
  for (const name of [NAMES.markup, NAMES.entity, NAMES.template]) expect(shown).toContain(name);
  for (const view of [...VIEWS, ...Object.keys(NAMES).map((id) => `/attachments/web/${id}/eth0`)]) {
    await goTo(window, view);
    expect([view, await page.locator("main img, main b").count()]).toEqual([view, 0]);
    expect([view, await window.inaccessible()]).toEqual([view, []]);
  }
  expect(await page.evaluate("globalThis.injected ?? 'nothing ran'")).toBe("nothing ran");
  expect(window.take()).toEqual([]);
});

test("a long name leaves the page as wide as its window", async () => {
  await using window = await stage.show("/attachments", PHONE);
  for (const view of [...VIEWS, "/attachments/web/long/eth0"]) {
    await goTo(window, view);
    const width = Number(await window.page.evaluate("document.documentElement.scrollWidth"));
    expect([view, width]).toEqual([view, PHONE.width]);
  }
});

test("an override of the direction does not reach the text around it", async () => {
  await using window = await stage.show("/attachments/web/direction/eth0");
  const isolated = await window.page.evaluate(`(() => {
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const loose = [];
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      if (!/[\\u202A-\\u202E\\u2066-\\u2069]/.test(node.data)) continue;
      const style = getComputedStyle(node.parentElement);
      if (node.parentElement.localName !== "bdi" && !/isolate/.test(style.unicodeBidi)) loose.push(node.data);
    }
    return loose;
  })()`);
  expect(isolated).toEqual([]);
});
