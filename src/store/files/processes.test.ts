import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { revisionOf, Watched } from "../../../tests/store/watched.ts";
import { patient } from "../../../tests/support/patience.ts";
import { FileStore } from "./index.ts";

const COUNTER = fileURLToPath(new URL("../../../tests/fixtures/store-counter.ts", import.meta.url));
const COUNTERS = 3;
const KILLS = 6;
const BETWEEN_KILLS_MS = 250;

function start(directory: string): Bun.Subprocess<"ignore", "pipe", "inherit"> {
  return Bun.spawn([process.execPath, COUNTER, directory, "count"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
}

test(
  "processes that are killed at any moment lose no change that was answered, and do none twice",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "store-"));
    await using store = FileStore.open(directory);
    await using watched = Watched.start(store, { key: "count" }, 1n);
    const children = Array.from({ length: COUNTERS }, () => start(directory));
    const outputs = children.map(async ({ stdout }) => await new Response(stdout).text());
    for (let kill = 0; kill < KILLS; kill++) {
      await Bun.sleep(patient(BETWEEN_KILLS_MS));
      children[kill % COUNTERS]?.kill("SIGKILL");
      children[kill % COUNTERS] = start(directory);
      const { stdout } = children[kill % COUNTERS] ?? {};
      if (stdout !== undefined) outputs.push(new Response(stdout).text());
    }
    await Bun.sleep(patient(BETWEEN_KILLS_MS));
    for (const child of children) child.kill("SIGKILL");
    const texts = await Promise.all(outputs);
    const answered = texts.flatMap((text) => text.split("\n").slice(0, -1).map(Number));
    expect(answered.length).toBeGreaterThan(0);
    expect(new Set(answered).size).toBe(answered.length);

    const { entries, revision } = await store.read({ key: "count" });
    const count = Number(entries[0]?.value);
    // Each process that was killed may have made one change whose answer nothing has read.
    expect(count).toBeGreaterThanOrEqual(Math.max(...answered));
    expect(count - answered.length).toBeLessThanOrEqual(KILLS + COUNTERS);
    await watched.reached(revision);
    const values = watched.events.map((event) => event.kind === "put" && Number(event.entry.value));
    expect(values).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(watched.events.map(revisionOf)).toHaveLength(count);
    rmSync(directory, { recursive: true });
  },
  patient(30_000),
);
