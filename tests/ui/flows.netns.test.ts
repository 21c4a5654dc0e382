/** What people do on the page, on a node with a fault and a leak. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Locator } from "playwright-core";
import { DARK, type Window } from "../support/browser.ts";
import { LEAKED, LEAKED_ADDRESS, playCast } from "../support/ui-cast.ts";
import { goTo, settled, uiStage } from "./stage.ts";

setDefaultTimeout(120_000);

const HURT = "pay";

const stage = uiStage(async (node) => {
  await playCast(node);
  await node.loseAddress(HURT);
});

/** What has the focus, as a reader of the screen says it. */
async function focused({ page }: Window): Promise<string> {
  return String(
    await page.evaluate(
      "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''",
    ),
  );
}

async function texts(rows: Locator): Promise<string[]> {
  return (await rows.allTextContents()).map((text) => text.replaceAll(/\s+/gu, " "));
}

test("attachments are searched, chosen by network and by state, and the address keeps that", async () => {
  await using window = await stage.show("/attachments");
  const { page } = window;
  const rows = page.locator("tbody tr");
  expect(await rows.count()).toBe(13);
  await page.getByRole("searchbox").fill("front");
  await page.getByText("2 of 13 attachments").waitFor();
  expect((await texts(rows)).join("\n")).toMatch(/front-6d4c-1.*\n.*front-6d4c-2/);
  expect(page.url()).toContain("text=front");
  await page.getByRole("searchbox").fill("10.20.0.4");
  await page.getByText("1 of 13 attachments").waitFor();
  expect((await texts(rows)).join("\n")).toContain("shop/cache-0");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("combobox", { name: "Network" }).selectOption("data");
  await page.getByText("5 of 13 attachments").waitFor();
  await goTo(window, "/attachments");
  await page.getByRole("button", { name: /^leak/ }).click();
  expect((await texts(rows)).join("\n")).toContain(LEAKED);
  expect(await rows.count()).toBe(1);
  await page.reload();
  await settled(window);
  expect(await rows.count()).toBe(1);
  expect(window.take()).toEqual([]);
});

test("an attachment shows what differs from what was promised, and its calls", async () => {
  await using window = await stage.show("/attachments");
  const { page } = window;
  await page.getByRole("link", { name: "shop/search-0" }).click();
  await page.getByRole("heading", { name: "shop/search-0" }).waitFor();
  const host = page.getByRole("row").filter({ hasText: "Host's end" }).first();
  expect(await host.textContent()).toMatch(/is down/);
  const ports = page.getByRole("row").filter({ hasText: /^Ports/ });
  expect(await ports.textContent()).toContain(
    "leads tcp port 9200 of the host to 10.10.0.6:9200, in inet hawser_ports hostports4",
  );
  await page.getByRole("heading", { name: /calls/i }).first().waitFor();
  expect(await page.getByRole("main").textContent()).toContain("host-local");
  await goTo(window, `/attachments/web/${HURT}/eth0`);
  const addresses = page
    .getByRole("row")
    .filter({ hasText: /^Addresses/ })
    .first();
  expect(await addresses.textContent()).toMatch(/10\.10\.0\.5\/24.*missing/s);
  expect(window.take()).toEqual([]);
});

test("the map is searched, chosen by network, and folded", async () => {
  await using window = await stage.show("/map");
  const { page } = window;
  const drawn = (label: string): Locator => page.locator("[data-node]").filter({ hasText: label });
  for (const label of ["shop/cart-0", "cni0", "uplink", "8080"]) {
    expect([label, (await drawn(label).count()) > 0]).toEqual([label, true]);
  }
  await page.getByRole("searchbox").fill("mail-0");
  await drawn("shop/cache-0").first().waitFor({ state: "detached" });
  expect(await drawn("ops/mail-0").count()).toBe(1);
  await page.getByRole("searchbox").fill("");
  await page.getByRole("combobox", { name: "Network" }).selectOption("data");
  await drawn("ops/mail-0").first().waitFor({ state: "detached" });
  expect(await drawn("shop/orders-db-0").count()).toBe(1);
  await page.getByRole("combobox", { name: "Network" }).selectOption("");
  await drawn("ops/mail-0").first().waitFor();
  const frame = page.locator('[data-network="web"]');
  expect(await frame.getAttribute("aria-expanded")).toBe("true");
  await frame.focus();
  await page.keyboard.press("Enter");
  await drawn("ops/mail-0").first().waitFor({ state: "detached" });
  expect(await frame.getAttribute("aria-expanded")).toBe("false");
  expect(window.take()).toEqual([]);
});

test("a container of two networks stands in both, and each has as many as it says", async () => {
  await using window = await stage.show("/map");
  const { page } = window;
  for (const [network, count] of [
    ["data", 5],
    ["web", 8],
  ] as const) {
    const frame = page.locator(`[data-network="${network}"]`);
    const said = [...((await frame.textContent()) ?? "").matchAll(/\d+/g)].map(([n]) => Number(n));
    expect([network, said.reduce((sum, each) => sum + each, 0)]).toEqual([network, count]);
  }
  const tiles = page.locator("[data-node].tile").filter({ hasText: "shop/cart-0" });
  expect<unknown>((await texts(tiles)).toSorted()).toEqual([
    expect.stringMatching(/eth0 10\.10\.0\.4.*also net1 on data/),
    expect.stringMatching(/net1 10\.20\.0\.5.*also eth0 on web/),
  ]);
  expect(await page.locator("[data-node].tile").count()).toBe(13);
  await tiles.first().click();
  const chosen = page.getByRole("complementary", { name: "What is chosen" });
  await chosen.getByRole("link", { name: "shop/cart-0" }).nth(1).waitFor();
  expect(await page.locator(".lit rect").count()).toBe(2);
  expect(window.take()).toEqual([]);
});

test("what is wrong stands above the map in words, and leads to its thing", async () => {
  await using window = await stage.show("/map");
  const { page } = window;
  const wrong = page.getByRole("list", { name: "What is wrong" });
  expect<unknown>((await texts(wrong.getByRole("listitem"))).toSorted()).toEqual([
    expect.stringMatching(/^drift ?shop\/search-0.*is down/),
    expect.stringMatching(new RegExp(`^leak ?${LEAKED}.*${LEAKED_ADDRESS} is held for it`)),
  ]);
  await wrong.getByRole("button", { name: /search-0/ }).click();
  const chosen = page.getByRole("complementary", { name: "What is chosen" });
  await chosen.getByRole("heading", { name: "shop/search-0" }).waitFor();
  expect(window.take()).toEqual([]);
});

test("Escape closes what is chosen wherever the focus is, and the focus stays with the thing", async () => {
  await using window = await stage.show("/map");
  const { page } = window;
  await page.getByRole("list", { name: "What is wrong" }).getByRole("button").first().click();
  const chosen = page.getByRole("complementary", { name: "What is chosen" });
  await chosen.getByRole("link").first().focus();
  await page.keyboard.press("Escape");
  await chosen.waitFor({ state: "detached" });
  expect(await page.evaluate("document.activeElement.getAttribute('data-node')")).toContain(LEAKED);
  expect(window.take()).toEqual([]);
});

test("what a link names and is gone is said, and can be left", async () => {
  await using window = await stage.show("/attachments/web/no-such/eth0");
  const { page } = window;
  await page.getByText("There is no such attachment on this node").waitFor();
  expect(window.take(/status of 404/)).toEqual([]);
  await goTo(window, "/attachments?network=gone&text=%3Cb%3E");
  await page.getByText("No attachment is like that").waitFor();
  expect(await page.getByRole("combobox", { name: "Network" }).inputValue()).toBe("gone");
  await page.getByRole("button", { name: "Show all" }).click();
  expect(await page.locator("tbody tr").count()).toBe(13);
  await goTo(window, "/map?node=namespace:no-such");
  await page.getByText("What was chosen is not on this node any more.").waitFor();
  await goTo(window, "/ports?text=front-6d4c-2");
  expect(await page.locator("tbody tr").count()).toBe(1);
  expect(window.take()).toEqual([]);
});

test("dark as it is, it is printed with dark letters", async () => {
  await using window = await stage.show("/attachments", DARK);
  const { page } = window;
  const ink = async (): Promise<string> =>
    String(await page.evaluate("getComputedStyle(document.documentElement).color"));
  expect(await ink()).toBe("rgb(231, 237, 243)");
  await page.emulateMedia({ media: "print" });
  expect(await ink()).toBe("rgb(22, 32, 43)");
});

test("a port shows the way of its packet, and where that ends", async () => {
  await using window = await stage.show("/map?port=tcp/8080");
  const { page } = window;
  const chosen = page.getByRole("complementary", { name: "What is chosen" });
  await chosen.getByText("shop/front-6d4c-1").waitFor();
  const way = (await chosen.textContent()) ?? "";
  expect(way).toMatch(/8080/);
  expect(way).toContain("10.10.0.2");
  expect(way).toContain("cni0");
  expect(way).not.toContain("It ends here");
  const filter = chosen.getByRole("region", { name: "In the packet filter" });
  await filter.getByText("leads tcp port 8080 of the host to 10.10.0.2:80").waitFor();
  expect(await filter.textContent()).toContain("inet hawser_ports hostports4");
  await goTo(window, "/map?port=tcp/9200");
  await chosen.getByText("It ends here:").waitFor();
  await chosen.getByRole("button", { name: "Close" }).click();
  await chosen.waitFor({ state: "detached" });
  expect(window.take()).toEqual([]);
});

test("a range shows each address: in use, leaked and free", async () => {
  await using window = await stage.show("/ranges");
  const { page } = window;
  await page.getByRole("link", { name: /10\.10\.0\.0\/24/ }).click();
  await page.getByRole("heading", { name: "10.10.0.0/24" }).first().waitFor();
  await settled(window);
  const main = (await page.getByRole("main").textContent()) ?? "";
  expect(main).toMatch(/8 in use, 245 free/);
  const leaked = page.getByRole("button", { name: LEAKED_ADDRESS });
  expect(await leaked.getAttribute("aria-label")).toContain("leaked");
  await leaked.focus();
  expect(await page.locator(".pointed").textContent()).toContain(LEAKED_ADDRESS);
  expect(window.take()).toEqual([]);
});

test("calls are counted by plugin, and one is a waterfall with its delegates and steps", async () => {
  await using window = await stage.show("/calls");
  const { page } = window;
  await page.getByText("12 operations").waitFor();
  const main = page.getByRole("main");
  for (const plugin of ["bridge", "portmap", "ptp", "host-local"]) {
    expect(await main.textContent()).toContain(plugin);
  }
  // A table is drawn when it comes into sight.
  await page.getByRole("heading", { name: "The slowest" }).scrollIntoViewIfNeeded();
  await page.locator("a[href^='#/calls/']").first().click();
  await page.getByRole("region", { name: "Waterfall" }).waitFor();
  const steps = await page.getByRole("region", { name: "Waterfall" }).textContent();
  expect(steps).toMatch(/host-local/);
  expect(window.take()).toEqual([]);
});

test("a finding of the doctor leads to the map, and its command is copied", async () => {
  await using window = await stage.show("/doctor");
  const { page } = window;
  const finding = page.getByRole("listitem").filter({ hasText: LEAKED_ADDRESS }).first();
  const command = await finding.locator("code").textContent();
  expect(command).toContain(`hawser del web --id ${LEAKED}`);
  await finding.getByRole("button", { name: /^Copy/ }).click();
  await finding.getByText("Copied").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(command);
  const broken = page.getByRole("listitem").filter({ hasText: "is down" }).first();
  await broken.getByRole("link", { name: "On the map" }).click();
  await page.getByRole("heading", { name: "Map" }).waitFor();
  expect(page.url()).toContain("node=");
  expect(window.take()).toEqual([]);
});

test("everything is reached by the keyboard alone", async () => {
  await using window = await stage.show("/map");
  const { page } = window;
  const { keyboard } = page;
  await keyboard.press("g");
  await keyboard.press("a");
  await page.getByRole("heading", { name: "Attachments" }).waitFor();
  await keyboard.press("Tab");
  const seen: string[] = [];
  for (let step = 0; step < 14; step++) {
    seen.push(await focused(window));
    await keyboard.press("Tab");
  }
  for (const view of ["Map", "Attachments", "Ranges", "Calls", "Doctor"]) {
    expect(seen.join("\n")).toContain(view);
  }
  await page.reload();
  await settled(window);
  await keyboard.press("/");
  await keyboard.type("search-0");
  await page.getByText("1 of 13 attachments").waitFor();
  for (let step = 0; step < 20; step++) {
    if ((await focused(window)) === "shop/search-0") break;
    await keyboard.press("Tab");
  }
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "shop/search-0" }).waitFor();
  await keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  expect(window.take()).toEqual([]);
});

test("keys of one letter can be switched off, and stay off", async () => {
  await using window = await stage.show("/attachments");
  const { page } = window;
  const keys = page.getByRole("checkbox", { name: /Keys of one letter/ });
  const help = page.getByRole("button", { name: "Keys and words" });
  await help.click();
  await keys.uncheck();
  await page.keyboard.press("Escape");
  await page.reload();
  await settled(window);
  for (const key of ["?", "/", "g", "m"]) await page.keyboard.press(key);
  expect(await page.getByRole("dialog").isVisible()).toBe(false);
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Attachments");
  expect(await page.evaluate("document.activeElement?.localName")).not.toBe("input");
  await help.click();
  await keys.check();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await page.getByRole("heading", { name: "Map" }).waitFor();
  expect(window.take()).toEqual([]);
});

test("light and dark are chosen on the page, and stay chosen", async () => {
  await using window = await stage.show("/attachments");
  const { page } = window;
  const ground = async (): Promise<unknown> =>
    await page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  const light = await ground();
  for (let times = 0; times < 3 && (await ground()) === light; times++) {
    await page.keyboard.press("t");
  }
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await settled(window);
  expect(await ground()).toBe(dark);
});
