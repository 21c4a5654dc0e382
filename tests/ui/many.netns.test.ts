/** A node with a hundred attachments, and with a thousand. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { DATA } from "../support/ui-cast.ts";
import { goTo, uiStage } from "./stage.ts";

setDefaultTimeout(180_000);

const CROWD = {
  cniVersion: "1.1.0",
  name: "crowd",
  plugins: [
    {
      type: "bridge",
      bridge: "crowd0",
      ipam: { type: "host-local", subnet: "10.30.0.0/16" },
    },
  ],
};

const stage = uiStage(async (node) => {
  node.network(CROWD);
  node.network(DATA);
  await node.addFast({ network: "data", container: "single", pod: "single-0", space: "shop" });
  await node.crowd("crowd", 0, 100);
});

test("a hundred are listed, searched, and drawn", async () => {
  await using window = await stage.show("/attachments");
  const { page } = window;
  await page.getByText("101 attachments").first().waitFor();
  await page.getByRole("searchbox").fill("pod-42");
  await page.getByText("1 of 101 attachments").waitFor();
  expect(await page.getByRole("link", { name: "team-0/pod-42" }).count()).toBe(1);
  await goTo(window, "/map");
  await page.locator("[data-node]").filter({ hasText: "crowd0" }).first().waitFor();
  expect(window.take()).toEqual([]);
});

test("so are a thousand, and a change among them is followed", async () => {
  await stage.node.crowd("crowd", 100, 1000);
  await using window = await stage.show("/attachments");
  const { page } = window;
  await page.getByText("1,001 attachments").first().waitFor();
  const rows = page.locator("tbody tr[aria-rowindex]");
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  expect(await rows.count()).toBe(1001);
  await page.evaluate("dispatchEvent(new Event('afterprint'))");
  await rows.nth(1000).waitFor({ state: "detached" });
  await page.getByRole("searchbox").fill("pod-999");
  await page.getByText("1 of 1,001 attachments").waitFor();
  await goTo(window, "/map");
  await page.locator('[data-network="crowd"]').waitFor();
  await page.locator("[data-node]").nth(1000).waitFor({ state: "attached" });
  expect(await window.inaccessible()).toEqual([]);
  await goTo(window, "/ranges");
  await page.getByText("10.30.0.0/16").first().waitFor();
  await goTo(window, "/attachments?text=late-0");
  await stage.node.addFast({ network: "data", container: "late", pod: "late-0" });
  await page.getByRole("link", { name: "late-0" }).waitFor();
  expect(window.take()).toEqual([]);
});
