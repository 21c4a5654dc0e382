import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Journal } from "../../src/journal/index.ts";
import { networkFromText, Runtime } from "../../src/runtime/index.ts";
import { JsonDocument } from "../../src/spec/index.ts";
import { netnsFromJson } from "../../src/state/netns-record/index.ts";
import { OwnerStore } from "../../src/state/owner/index.ts";

/**
 * What a later release of the same format may add to what is kept: keys, and lines of a new kind. This one
 * reads past them, and detaches what that release has attached (docs/decisions/0021-releases.md).
 */

const ATTACHMENT = { network: "net1", containerId: "c1", ifName: "eth0" };
const LATER = { later: { key: [1, "two"] } };

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "later-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The one file in a directory. */
function only(path: string): string {
  const names = readdirSync(path);
  expect(names).toHaveLength(1);
  return join(path, names[0] ?? "");
}

function rewrite(path: string, change: (json: Record<string, unknown>) => unknown): void {
  const json = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  writeFileSync(path, `${JSON.stringify(change(json))}\n`);
}

test("an owner record", () => {
  const store = new OwnerStore({ stateDir: directory, kind: "netns", bootId: "b" });
  store.write(ATTACHMENT, { by: "bridge", dev: "4", ino: "7", cookie: "70" });
  rewrite(only(join(directory, "netns")), (record) => {
    return { ...record, ...LATER, data: { ...(record["data"] as object), ...LATER } };
  });
  const data = store.read(ATTACHMENT)?.data;
  expect(netnsFromJson(data)).toEqual({ dev: 4n, ino: 7n, cookie: 70n });
  store.remove(ATTACHMENT);
  expect(readdirSync(join(directory, "netns"))).toEqual([]);
});

test("the journal", () => {
  const journal = new Journal(directory, "b");
  journal.create();
  const netns = { path: "/run/netns/c1", dev: 4n, ino: 7n, cookie: 70n };
  const entry = { ...ATTACHMENT, plugin: "bridge", netns, cwd: "/", env: {}, stdin: "{}" };
  journal.added(entry);
  const path = only(journal.directory);
  rewrite(path, (line) => ({
    ...line,
    ...LATER,
    netns: { ...(line["netns"] as object), ...LATER },
  }));
  const text = readFileSync(path, "utf8");
  writeFileSync(path, `${text}${JSON.stringify({ kind: "later", plugin: "bridge", ...LATER })}\n`);
  const again = new Journal(directory, "b");
  expect(again.read(ATTACHMENT)).toEqual([{ ...entry, bootId: "b" }]);
  again.deleted(ATTACHMENT, "bridge");
  expect(again.names()).toEqual([]);
});

test("what the runtime keeps of a result", async () => {
  const calls: string[] = [];
  const result = { cniVersion: "1.0.0", ips: [{ address: "10.1.0.2/16" }] };
  const runtime = new Runtime({
    pluginDirs: [directory],
    cacheDir: directory,
    executor: {
      find: (type) => join(directory, type),
      run: async ({ env, stdin }) => {
        calls.push(
          `${env["CNI_COMMAND"]} ${JsonDocument.from(stdin).text.includes("10.1.0.2/16")}`,
        );
        return { exitCode: 0, signal: null, stdout: JSON.stringify(result), stderr: "", ms: 0 };
      },
    },
  });
  const plugins = [{ type: "bridge" }];
  const network = networkFromText(
    JSON.stringify({ cniVersion: "1.0.0", name: ATTACHMENT.network, plugins }),
  );
  const container = { containerId: "c1", ifName: "eth0", netns: "/proc/self/ns/net" };
  await runtime.add(network, container);
  const results = join(directory, "results");
  rewrite(only(results), (file) => {
    return { ...file, ...LATER, hawser: { ...(file["hawser"] as object), ...LATER } };
  });
  await runtime.check(network, container);
  await runtime.del(network, container);
  expect(calls).toEqual(["ADD false", "CHECK true", "DEL true"]);
  expect(readdirSync(results)).toEqual([]);
});
