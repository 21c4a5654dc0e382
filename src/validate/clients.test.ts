/** Which file each runtime takes. The rules are those of go-cni 1.1.15, ocicni and podman 4. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { judge } from "./index.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hawser-clients-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

function list(name: string): string {
  return JSON.stringify({ cniVersion: "1.0.0", name, plugins: [{ type: "loopback" }] });
}

async function taken(): Promise<Record<string, string>> {
  const { directories } = await judge([dir]);
  const choices = directories.flatMap(({ choices: all }) => all);
  return Object.fromEntries(
    choices.map(({ client, file, why }) => [client, file === undefined ? why : basename(file)]),
  );
}

test("the first file by name, of three extensions; podman takes lists by their network's name", async () => {
  put("90-last.conflist", list("podman"));
  put("20-second.conflist", list("second"));
  put("10-first.json", '{ "cniVersion": "0.4.0", "name": "first", "type": "loopback" }');
  put("05-never.yaml", "x");
  expect(await taken()).toEqual({
    containerd: "10-first.json",
    "CRI-O": "10-first.json",
    podman: "90-last.conflist",
  });
});

test("a broken file that comes first stops containerd, and the others pass it over", async () => {
  put("10-half.conflist", list("half").slice(0, 40));
  put("20-good.conflist", list("good"));
  const choices = await taken();
  expect(choices["containerd"]).toMatch(
    /^10-half\.conflist is first by name, and broken \(.*no later file is looked at$/,
  );
  expect(choices["CRI-O"]).toBe("20-good.conflist");
  expect(choices["podman"]).toMatch(/default network "podman"; by --network: good$/);
});

test("a comment breaks a file for all of them", async () => {
  put("10-comment.conflist", `// ours\n${list("one")}`);
  const choices = await taken();
  expect(choices["containerd"]).toContain("10-comment.conflist is first by name, and broken");
  expect(choices["CRI-O"]).toBe("no file of the directory can be used");
});

test("a file of more than 2 MiB stops containerd, and an empty directory has nothing for any", async () => {
  expect((await taken())["containerd"]).toBe("the directory has no .conf, .conflist or .json");
  put("10-large.conflist", list("large") + " ".repeat(2 * 1024 * 1024));
  expect((await taken())["containerd"]).toContain("larger than 2 MiB");
  expect((await taken())["CRI-O"]).toBe("10-large.conflist");
});

test("a directory that cannot be read is a finding, and no crash", async () => {
  const { diagnostics, files } = await judge([join(dir, "gone")]);
  expect(diagnostics.map(({ rule }) => rule)).toEqual(["unreadable-file"]);
  expect(files).toHaveLength(1);
});
