/** Every view of the page, in both themes and at the width of a phone: nothing is wrong with it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { DARK, DESKTOP, PHONE, type Sight } from "../support/browser.ts";
import { playCast } from "../support/ui-cast.ts";
import { goTo, uiStage } from "./stage.ts";

setDefaultTimeout(120_000);

const stage = uiStage(playCast);

const VIEWS = [
  "/map",
  "/map?port=tcp/8080",
  `/map?node=${encodeURIComponent("namespace:/run/netns/cart")}`,
  "/map?fold=web",
  "/map?state=drift",
  "/attachments",
  "/attachments/web/search/eth0",
  "/attachments/web/worker-4c1e/eth0",
  "/attachments/web/no-such/eth0",
  "/ranges",
  "/ranges/0",
  "/ranges/1",
  "/ports",
  "/rules",
  "/calls",
  "/doctor",
  "/networks",
  "/fleet",
];

const SIGHTS: readonly (readonly [string, Sight])[] = [
  ["light", DESKTOP],
  ["dark", DARK],
  ["phone", PHONE],
];

test.each(SIGHTS)(
  "in %s each view is accessible, and logs and asks nothing wrong",
  async (_, sight) => {
    await using window = await stage.show("/map", sight);
    const problems: string[] = [];
    for (const view of VIEWS) {
      await goTo(window, view);
      for (const each of await window.inaccessible()) problems.push(`${view}: ${each}`);
      // An attachment that there is not is an answer with a status that browsers log.
      const expected = view.includes("no-such") ? /status of 404/ : undefined;
      for (const fault of window.take(expected)) problems.push(`${view}: ${fault}`);
      const width = Number(await window.page.evaluate("document.documentElement.scrollWidth"));
      if (width > sight.width) problems.push(`${view}: ${width} pixels wide`);
    }
    // What is not a view of its own: one call, and the help above a view.
    await goTo(window, "/calls");
    const { page } = window;
    const call = await page.locator("a[href^='#/calls/']").first().getAttribute("href");
    await goTo(window, (call ?? "").slice(1));
    for (const each of await window.inaccessible()) problems.push(`a call: ${each}`);
    await page.getByRole("button", { name: "Keys and words" }).click();
    await page.getByRole("dialog").waitFor();
    for (const each of await window.inaccessible()) problems.push(`help: ${each}`);
    expect(problems).toEqual([]);
  },
);
