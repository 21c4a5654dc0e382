/** `hawser report`: one file that shows what the page shows, without its node and without a network. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EXECUTABLE } from "../support/daemon.ts";
import { type RunAnswer, run } from "../support/exec.ts";
import { playCast } from "../support/ui-cast.ts";
import { goTo, uiStage } from "./stage.ts";

setDefaultTimeout(120_000);

const SECRET = "hunter2-hunter2";
const HOSTILE = "</script><img src=x onerror=globalThis.injected=1>";
const MASKED = /(?<![\d.])(?:10\.[12]0\.0\.\d+|192\.0\.2\.\d+)(?![\d.])/g;
const MAC = /(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g;

const stage = uiStage(async (node) => {
  await playCast(node);
  const ipam = { type: "host-local", subnet: "10.20.0.64/28", token: SECRET };
  node.network({ cniVersion: "1.0.0", name: "secret", plugins: [{ type: "ptp", ipam }] });
  const keeper = { network: "secret", container: "keeper", pod: "pod", space: "shop" };
  await node.addFast(keeper);
  node.rename(keeper, HOSTILE);
});

async function report(cwd: string, ...words: string[]): Promise<RunAnswer> {
  return await run([EXECUTABLE, "report", ...words], { env: stage.node.env, cwd });
}

function directory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "hawser-report-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("the file shows the views of the page, asks for nothing, and runs no text of a container", async () => {
  using scratch = directory();
  const path = join(scratch.path, "node.html");
  expect(await report(scratch.path, "-o", "node.html")).toMatchObject({ exitCode: 0 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  chmodSync(path, 0o644);
  await using window = await stage.browser.window();
  const { page } = window;
  await page.goto(pathToFileURL(path).href);
  await goTo(window, "/attachments");
  expect(await page.getByRole("link", { name: "shop/search-0" }).count()).toBe(1);
  await goTo(window, "/attachments/web/search/eth0");
  await page.getByText("ip link set dev").first().waitFor();
  for (const view of ["/map", "/ranges/1", "/ports", "/rules", "/calls", "/doctor", "/networks"]) {
    await goTo(window, view);
    expect([view, await window.inaccessible()]).toEqual([view, []]);
  }
  await goTo(window, "/attachments/secret/keeper/eth0");
  await page.getByText("onerror").first().waitFor();
  expect(await page.evaluate("globalThis.injected ?? 'nothing ran'")).toBe("nothing ran");
  expect(await page.content()).not.toContain(SECRET);
  expect(readFileSync(path, "utf8")).not.toContain(SECRET);
  expect(window.take()).toEqual([]);
});

test("an inline script that is not the page's own does not run", async () => {
  using scratch = directory();
  await report(scratch.path, "-o", "node.html");
  const path = join(scratch.path, "node.html");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace("</body>", "<script>globalThis.injected = 1</script></body>"));
  await using window = await stage.browser.window();
  await window.page.goto(pathToFileURL(path).href);
  expect(await window.page.evaluate("globalThis.injected ?? 'nothing ran'")).toBe("nothing ran");
  expect(window.take(/Content Security Policy/)).toEqual([]);
});

test("with masked addresses none is in it, and one is the same everywhere", async () => {
  using scratch = directory();
  expect(await report(scratch.path, "--mask-addresses", "-o", "masked.html")).toMatchObject({
    exitCode: 0,
  });
  const path = join(scratch.path, "masked.html");
  const text = readFileSync(path, "utf8");
  expect(text.match(MASKED)).toBeNull();
  const macs = (text.match(MAC) ?? []).filter((mac) => !/^(?:02:00:00|00:00:00|ff:)/.test(mac));
  expect(macs).toEqual([]);
  await using window = await stage.browser.window();
  const { page } = window;
  await page.goto(pathToFileURL(path).href);
  await goTo(window, "/attachments/web/search/eth0");
  await page.getByRole("note").getByText("Its addresses stand in for others").waitFor();
  const shown = (await page.getByRole("main").textContent()) ?? "";
  const [address = ""] = /24\d\.\d+\.\d+\.6(?=\/24)/.exec(shown) ?? [];
  expect(address).toEndWith(".6");
  expect(shown.split(address).length).toBeGreaterThan(2);
  await goTo(window, "/ports");
  await page.getByText(address).first().waitFor();
  await goTo(window, `/map?address=${address}`);
  expect(window.take()).toEqual([]);
});

test("no file is written over without --force", async () => {
  using scratch = directory();
  const path = join(scratch.path, "mine");
  writeFileSync(path, "mine");
  const refused = await report(scratch.path, "-o", "mine", "--json");
  expect(refused.exitCode).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 5, msg: `${path} exists` } });
  expect(readFileSync(path, "utf8")).toBe("mine");
  const done = await report(scratch.path, "-o", "mine", "--force", "--json");
  expect(JSON.parse(done.stdout)).toMatchObject({ operation: "REPORT", file: path, leftOut: {} });
  expect(readFileSync(path, "utf8")).toStartWith("<!doctype html>");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await report(scratch.path, "-o", "no/such/place")).exitCode).toBe(1);
});

test("without a name it is a new file, and - is standard output", async () => {
  using scratch = directory();
  const { stdout } = await report(scratch.path);
  expect(stdout).toMatch(/^hawser-report-\S+\.html has it all/);
  expect((await report(scratch.path, "-o", "-")).stdout).toStartWith("<!doctype html>");
});
