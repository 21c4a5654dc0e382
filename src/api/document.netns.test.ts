/** The commands of docs/api.md, run as a reader would type them, over both doors. */
import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXECUTABLE, TestDaemon } from "../../tests/support/daemon.ts";
import { run } from "../../tests/support/exec.ts";
import { formProblems } from "../../tests/support/forms.ts";
import { Host } from "../../tests/support/host.ts";
import { needs } from "../../tests/support/needs.ts";
import { readBlocks } from "../../tools/docs.ts";

setDefaultTimeout(60_000);

const PAGE = new URL("../../docs/api.md", import.meta.url).pathname;

const METRICS = "127.0.0.1:9955";

let host: Host;
let directory = "";

beforeAll(async () => {
  host = await Host.create();
  directory = mkdtempSync(join(tmpdir(), "api-"));
  symlinkSync(EXECUTABLE, join(directory, "hawser"));
});
afterAll(async () => {
  await host.tidy();
  rmSync(directory, { recursive: true });
});

needs("curl", EXECUTABLE)("every command of docs/api.md answers as it says", async () => {
  await using _ = await TestDaemon.start(["--metrics", METRICS]);
  const blocks = readBlocks(readFileSync(PAGE, "utf8")).filter(({ language }) => language === "sh");
  const outputs: string[] = [];
  for (const { text } of blocks) {
    const env = { PATH: `${directory}:${process.env["PATH"] ?? ""}` };
    // The stream is ended by `timeout`, whose exit code says so.
    const { stdout, stderr } = await run(["sh", "-c", `cd ${directory}\n${text}`], { env });
    expect([text, stderr]).toEqual([text, ""]);
    outputs.push(stdout);
  }
  const [both = "", ranges = "", stream = ""] = outputs;
  const [node, attachments] = both
    .split(/(?<=\})(?=\{)/u)
    .map((text) => JSON.parse(text) as object);
  expect(formProblems("node", node)).toEqual([]);
  expect(node).toMatchObject({ by: "daemon", daemon: "ready", attachments: 0 });
  expect(attachments).toEqual({ attachments: [], more: false, problems: [] });
  expect(formProblems("pools", JSON.parse(ranges))).toEqual([]);
  // What tells programs of another machine about metrics tells them nothing of the node.
  for (const path of ["/api/1/node", "/api/1/attachments"]) {
    expect((await fetch(`http://${METRICS}${path}`)).status).toBe(404);
  }
  expect(stream).toMatch(/^retry: 1000\nid: [0-9a-f]{8}-\d+\n\n$/u);
});
