/** What `hawser ui` costs, and how soon its page shows what is. */
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { link, RouteSocket } from "../../src/kernel/route/index.ts";
import { parseNetworkConfig } from "../../src/spec/index.ts";
import { TestBrowser, type Window } from "../../tests/support/browser.ts";
import { EXECUTABLE } from "../../tests/support/daemon.ts";
import { dbnet } from "../../tests/support/dbnet.ts";
import { must } from "../../tests/support/exec.ts";
import { UiServer } from "../../tests/support/ui-server.ts";
import { runtimeOf } from "./in-process.ts";
import { type Lab, timed } from "./lab.ts";
import { spent, threadTimes } from "./processor.ts";

const PLUGINS = fileURLToPath(new URL("../../dist/cni", import.meta.url));
const ENTRIES = fileURLToPath(new URL("../../dist/entry", import.meta.url));
/** A view is kept for questions that come together; this long after it, it is joined anew. */
const APART_MS = 250;
const REPORT_MS = 60_000;
/** Each takes a while. */
const REPORTS_MAX = 2;
/** A map that shows a change later than that does not follow. */
const FOLLOW_MS = 30_000;
/** Of changes more are tried than of what takes long: it is the slowest that readers notice. */
const FOLLOWED = 4;
const PAGE_FILES = ["", "app.js", "app.css", "icon.svg"];

export interface UiOrder {
  /** Attachments that are there. */
  readonly count: number;
  readonly rounds: number;
  readonly watchMs: number;
  readonly settleMs: number;
  /** Between changes that a page follows. */
  readonly apartMs: number;
  /** Before the daemon's memory is read. */
  readonly collectedMs: number;
}

/** Milliseconds, and bytes as they are sent. */
export interface UiTimes {
  /** From the question for all attachments to the whole answer. */
  readonly joined: number[];
  readonly bytes: number;
  /** What the server has of a processor while nothing happens: without a page, and with one. */
  readonly idle: { readonly alone: number; readonly open: number | undefined };
  readonly page: PageTimes | undefined;
  readonly report: ReportTimes;
  /** Of the node daemon, in MiB that no file holds: before the first question to its API, and after it. */
  readonly daemon: { readonly before: number; readonly after: number };
}

/** `hawser report`: its file, and what it takes. */
export interface ReportTimes {
  readonly ms: number[];
  readonly bytes: number;
  /** As a mail or an issue would send it. */
  readonly compressed: number;
}

export interface PageTimes {
  /** From the beginning of the load until the map is drawn. */
  readonly drawn: number[];
  /** From the choice of the network that has them all until each is drawn. */
  readonly unfolded: number[];
  /** From the end of an ADD until the map has it. */
  readonly followed: number[];
}

/** Measures on the attachments that are there; the page, where there is a browser. */
export async function uiTimes(lab: Lab, order: UiOrder): Promise<UiTimes> {
  {
    using socket = RouteSocket.open();
    link.set(socket, { name: "lo" }, { up: true });
  }
  await using server = await UiServer.start({ PATH: process.env["PATH"] ?? "", CNI_PATH: PLUGINS });
  const joined: number[] = [];
  for (let round = 0; round <= order.rounds; round++) {
    await Bun.sleep(APART_MS);
    const ms = await timed(async () => {
      await asked(server, "attachments");
    });
    if (round > 0) joined.push(ms); // the first one compiles
  }
  const bytes = await pageBytes(server);
  const report = await reportTimes(Math.min(order.rounds, REPORTS_MAX));
  const daemon = await daemonMemory(lab, order);
  const alone = await idleOf(server, order);
  if (Bun.which("chromium") === null) {
    return { joined, bytes, idle: { alone, open: undefined }, page: undefined, report, daemon };
  }
  await using browser = await TestBrowser.start();
  const page = await pageTimes(lab, browser, server, order);
  await using window = await browser.window();
  await openMap(window, server);
  const open = await idleOf(server, order);
  return { joined, bytes, idle: { alone, open }, page, report, daemon };
}

async function reportTimes(rounds: number): Promise<ReportTimes> {
  const env = { PATH: process.env["PATH"] ?? "", CNI_PATH: PLUGINS };
  const file = join(tmpdir(), `hawser-report-${process.pid}.html`);
  const ms: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const took = await timed(async () => {
      await must([EXECUTABLE, "report", "--force", "--output", file], {
        env,
        timeoutMs: REPORT_MS,
      });
    });
    if (round > 0) ms.push(took); // the first one warms the disk's cache
  }
  const content = readFileSync(file);
  rmSync(file);
  return { ms, bytes: content.length, compressed: Bun.gzipSync(content).length };
}

/** A view of all attachments is the most that a question costs; a collection follows two seconds later. */
async function daemonMemory(lab: Lab, { collectedMs }: UiOrder): Promise<UiTimes["daemon"]> {
  const daemon = await lab.daemon(ENTRIES);
  await Bun.sleep(collectedMs);
  const before = daemon.ownMiB;
  for (const path of ["attachments", "map", "findings"]) {
    const unix = "/run/hawser/status.sock";
    const response = await fetch(`http://daemon/api/1/${path}`, { unix });
    if (!response.ok) throw new Error(`${path}: status ${response.status}`);
    await response.arrayBuffer();
  }
  await Bun.sleep(collectedMs);
  return { before, after: daemon.ownMiB };
}

async function asked({ origin, token }: UiServer, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${origin}/api/1/${path}`, { headers });
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return await response.json();
}

/** The files of the first view, as they are sent. */
async function pageBytes({ origin }: UiServer): Promise<number> {
  let bytes = 0;
  for (const name of PAGE_FILES) {
    const init = { headers: { "accept-encoding": "gzip" }, decompress: false };
    const response = await fetch(`${origin}/${name}`, init);
    if (!response.ok) throw new Error(`${name}: status ${response.status}`);
    bytes += (await response.arrayBuffer()).byteLength;
  }
  return bytes;
}

/** A part of one processor. */
async function idleOf({ pid }: UiServer, { watchMs, settleMs }: UiOrder): Promise<number> {
  await Bun.sleep(settleMs);
  const before = threadTimes(pid);
  await Bun.sleep(watchMs);
  return spent(pid, before, threadTimes(pid)).all / watchMs;
}

async function pageTimes(
  lab: Lab,
  browser: TestBrowser,
  server: UiServer,
  { rounds, count, apartMs }: UiOrder,
): Promise<PageTimes> {
  const drawn: number[] = [];
  const unfolded: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using window = await browser.window();
    drawn.push(await timed(async () => await openMap(window, server)));
    unfolded.push(await timed(async () => await unfold(window, count)));
  }
  await using window = await browser.window();
  await openMap(window, server);
  const followed: number[] = [];
  for (let round = 0; round < rounds * FOLLOWED; round++) {
    followed.push(await follow(lab, window, round));
    await Bun.sleep(apartMs);
  }
  return { drawn, unfolded, followed };
}

/** Until the map stands: the view is not busy any more, and the browser has painted it. */
async function openMap({ page }: Window, { address }: UiServer): Promise<void> {
  await page.goto(address);
  await page.waitForSelector(".view-map [data-frame]", { state: "attached" });
  await page.waitForSelector("main .loading", { state: "detached" });
  await painted(page);
}

/** Draws each attachment of the one network, which is folded when there are many. */
async function unfold({ page }: Window, count: number): Promise<void> {
  const frame = page.locator('[data-network="dbnet"]');
  if ((await frame.getAttribute("aria-expanded")) === "false") {
    await frame.focus();
    await page.keyboard.press("Enter");
  }
  await page.locator("[data-node]").nth(count).waitFor({ state: "attached" });
  await painted(page);
}

async function painted(page: Window["page"]): Promise<void> {
  await page.evaluate(
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
  );
}

/** One ADD while the page is open; both processes have the machine's one clock. */
async function follow(lab: Lab, { page }: Window, round: number): Promise<number> {
  const pod = `followed-${round}`;
  const { netns } = await lab.namespace(pod);
  // Of a thousand nodes the page draws no letters, from far.
  const node = JSON.stringify(`.view-map [data-node="namespace:${netns}"]`);
  const seen = page.evaluate(`new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error("the map did not follow")), ${FOLLOW_MS});
    const look = () => {
      if (document.querySelector(${node}) === null) return;
      clearTimeout(timer);
      watch.disconnect();
      requestAnimationFrame(() => done(Date.now()));
    };
    const watch = new MutationObserver(look);
    watch.observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
  })`);
  const { plugins, ...list } = dbnet();
  const [bridge] = plugins;
  // In a network of its own: a bridge has a thousand ports, and no more.
  const late = { ...bridge, bridge: "late0", ipam: { type: "host-local", subnet: "10.2.0.0/24" } };
  const config = parseNetworkConfig(JSON.stringify({ ...list, name: "late", plugins: [late] }));
  const conf = { containerId: pod, netns, ifName: "eth0" };
  const runtime = runtimeOf(join(PLUGINS));
  await runtime.add(config, {
    ...conf,
    args: [
      ["IgnoreUnknown", "1"],
      ["K8S_POD_NAMESPACE", "late"],
      ["K8S_POD_NAME", pod],
    ],
  });
  const added = Date.now();
  // The page may have it before the ADD has said so.
  const ms = Math.max(0, Number(await seen) - added);
  await runtime.del(config, conf);
  return ms;
}
