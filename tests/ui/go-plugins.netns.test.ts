/** A node whose plugins are those in Go: the page shows it as well, and changes nothing. */
import { expect, setDefaultTimeout } from "bun:test";
import { must } from "../support/exec.ts";
import { needs } from "../support/needs.ts";
import { debianPlugins } from "../support/plugin-sets.ts";
import { WEB } from "../support/ui-cast.ts";
import { goTo, uiStage } from "./stage.ts";

setDefaultTimeout(120_000);

const PLUGINS = debianPlugins();
const needed = needs("chromium", "/usr/lib/cni/bridge", "iptables");

const stage = uiStage(async (node) => {
  if (PLUGINS.missing !== undefined) return;
  node.network({ ...WEB, cniVersion: "1.0.0" });
  const own = { network: "web", space: "shop" };
  await node.addFast({ ...own, container: "front", pod: "front-0", ports: [[8080, 80]] });
  await node.addFast({ ...own, container: "search", pod: "search-0" });
  await node.setDown("search");
}, PLUGINS.dir);

needed("attachments, ports, ranges and what is wrong are those of the Go plugins", async () => {
  const before = await must(["ip", "-br", "link"]);
  await using window = await stage.show("/attachments");
  const { page } = window;
  await page.getByRole("link", { name: "shop/front-0" }).waitFor();
  await page.getByRole("link", { name: "shop/search-0" }).click();
  await page.getByText("is down").first().waitFor();
  await goTo(window, "/ports");
  await page.getByText("8080").first().waitFor();
  await goTo(window, "/ranges");
  await page.getByText("10.10.0.0/24").first().waitFor();
  await goTo(window, "/map");
  await page.locator("[data-node]").filter({ hasText: "shop/front-0" }).first().waitFor();
  await goTo(window, "/doctor");
  await page.getByText("is down").first().waitFor();
  expect(window.take()).toEqual([]);
  expect(await must(["ip", "-br", "link"])).toBe(before);
});
