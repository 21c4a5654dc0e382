/** The page and what befalls the program behind it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { TestDaemon } from "../support/daemon.ts";
import { WEB } from "../support/ui-cast.ts";
import { UiServer } from "../support/ui-server.ts";
import { until } from "../support/until.ts";
import { uiStage } from "./stage.ts";

setDefaultTimeout(120_000);

const HERE = { network: "web", container: "front-1", pod: "front-1", space: "shop" };
const LATE = { network: "web", container: "late", pod: "late-0", space: "shop" };

const stage = uiStage(async (node) => {
  node.network(WEB);
  await node.addFast(HERE);
});

test("what is attached and detached while the page is open appears and goes", async () => {
  await using window = await stage.show("/attachments");
  const row = window.page.getByRole("link", { name: "shop/late-0" });
  expect(await row.count()).toBe(0);
  await stage.node.addFast(LATE);
  await row.waitFor();
  await stage.node.delete(LATE);
  await row.waitFor({ state: "detached" });
  expect(window.take()).toEqual([]);
});

test("a change is followed on the map, too", async () => {
  await using window = await stage.show("/map");
  const { page } = window;
  const late = page.locator("[data-node]").filter({ hasText: "shop/late-0" });
  await page.locator("[data-node]").filter({ hasText: "shop/front-1" }).waitFor();
  await stage.node.addFast(LATE);
  await late.waitFor();
  await stage.node.delete(LATE);
  await late.waitFor({ state: "detached" });
  expect(window.take()).toEqual([]);
});

test("the node daemon comes, is killed, and comes back", async () => {
  await using window = await stage.browser.window();
  const { page } = window;
  await page.clock.install();
  await page.goto(stage.server.address);
  // More than once: a question that is on its way as time jumps is answered by what was before.
  const says = async (word: RegExp): Promise<void> => {
    const said = page.getByRole("banner").getByText(word).first();
    await until(`the banner says ${word}`, async () => {
      await page.clock.fastForward(20_000);
      return await said.isVisible();
    });
  };
  await says(/not running/);
  for (const _ of [1, 2]) {
    await using daemon = await TestDaemon.start([], stage.node.env);
    await says(/ready/);
    await daemon.end("SIGKILL");
    await says(/not running/);
  }
  expect(window.take()).toEqual([]);
});

test("when the program ends, the page says so, keeps what it has, and goes on with one at the same address", async () => {
  const first = await UiServer.start(stage.node.env);
  await using window = await stage.browser.window();
  const { page } = window;
  await page.goto(`${first.address}`);
  await page.getByRole("link", { name: "Attachments" }).click();
  await page.getByRole("link", { name: "shop/front-1" }).waitFor();
  expect(await first.end()).toBe(130);
  await page.getByRole("alert").getByText("The connection to this node is gone").waitFor();
  expect(await page.getByRole("link", { name: "shop/front-1" }).count()).toBe(1);
  await page.getByRole("alert").getByText("hawser ui").first().waitFor();
  // The next one has another token: the page says that it is refused.
  await using _second = await UiServer.start(stage.node.env, [
    "--port",
    new URL(first.origin).port,
  ]);
  await page.getByRole("button", { name: "Try now" }).click();
  await page.getByRole("alert").getByText("This address lacks the token").waitFor();
  expect(window.take(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|status of 401|ERR_EMPTY/)).toEqual([]);
});

test("without the token the page shows nothing of the node, and says what to do", async () => {
  await using window = await stage.browser.window();
  const { page } = window;
  await page.goto(stage.server.origin);
  await page.getByRole("alert").getByText("This address lacks the token").waitFor();
  expect(await page.content()).not.toContain("front-1");
  expect(window.take(/status of 401/)).toEqual([]);
});

test("the token is in the address no longer than it takes to read it", async () => {
  await using window = await stage.show("/attachments");
  expect(window.page.url()).not.toContain(stage.server.token);
  await window.page.reload();
  await window.page.getByRole("link", { name: "shop/front-1" }).waitFor();
});

test("a link that is opened in another tab has access, and a tab of another browser has none", async () => {
  await using window = await stage.show("/attachments");
  const { page } = window;
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "shop/front-1" }).click({ modifiers: ["Control"] });
  const tab = await opened;
  await tab.getByRole("heading", { name: "shop/front-1" }).waitFor();
  await tab.getByText("Asked, promised, standing").waitFor();
  await using other = await stage.browser.window();
  await other.page.goto(`${stage.server.origin}/#/attachments`);
  await other.page.getByRole("alert").getByText("This address lacks the token").waitFor();
  expect(window.take()).toEqual([]);
});

test("the policy lets no other script run, and no other place be asked", async () => {
  await using window = await stage.show("/attachments");
  const { page } = window;
  const ran: unknown = await page.evaluate(`(async () => {
    const script = document.createElement("script");
    script.textContent = "globalThis.injected = 'inline'";
    document.body.append(script);
    const image = document.createElement("img");
    image.setAttribute("onerror", "globalThis.injected = 'handler'");
    image.src = "data:,";
    document.body.append(image);
    await new Promise((done) => setTimeout(done, 200));
    const asked = await fetch("http://192.0.2.2/").then(() => "answered", () => "refused");
    return [globalThis.injected ?? "nothing ran", asked];
  })()`);
  expect(ran).toEqual(["nothing ran", "refused"]);
  expect(window.take(/Content Security Policy|violates/)).toEqual([]);
});

test("another page cannot ask, with the token or without", async () => {
  const { origin, token } = stage.server;
  const url = `${origin}/api/1/node`;
  const authorization = `Bearer ${token}`;
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(url, { headers })).status;
  expect(await status({ authorization })).toBe(200);
  expect(await status({ authorization, origin: "http://evil.example" })).toBe(403);
  expect(await status({ authorization, host: "evil.example" })).toBe(403);
  expect(await status({})).toBe(401);
});
