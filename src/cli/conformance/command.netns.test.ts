import { afterAll, expect } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import { parseTap } from "../../../tests/support/tap.ts";
import { elements, parseXml } from "../../../tests/support/xml.ts";
import type { Report } from "../../conformance/index.ts";

const test = needs("ip");

/** The command as a stranger has it: a plugin in shell, whose faults its environment chooses. */

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "conformance-cli-"));
symlinkSync(process.execPath, join(directory, "bun"));
const PATH = `${directory}:${process.env["PATH"] ?? ""}`;
const dir = join(directory, "it's here");
mkdirSync(dir);
afterAll(() => rmSync(directory, { recursive: true }));

const SCRIPT = `#!/bin/sh
set -eu
config=$(cat)
version=$(printf %s "$config" | sed -n 's/.*"cniVersion":"\\([^"]*\\)".*/\\1/p')
netns=\${CNI_NETNS-}
name=\${netns##*/}
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":["0.4.0","1.0.0","1.1.0"]}' ;;
ADD)
  ip link add "host-$name" type veth peer name "$CNI_IFNAME" netns "$name"
  if [ "\${FAULT-}" = version ]; then version=0.1.0; fi
  printf '{"cniVersion":"%s","interfaces":[{"name":"%s","sandbox":"%s"}],"ips":[]}' \\
    "$version" "$CNI_IFNAME" "$CNI_NETNS" ;;
DEL)
  if ! ip link del "host-$name" 2>/dev/null && [ "\${FAULT-}" = del ]; then
    echo "gone from $(od -An -N6 -tx1 /dev/urandom)" >&2
    echo '{"cniVersion":"1.1.0","code":104,"msg":"no \u001b[31mlink"}'
    exit 1
  fi ;;
esac
`;
const PLUGIN = join(dir, "by-hand");
writeFileSync(PLUGIN, SCRIPT, { mode: 0o755 });

function subject(name: string, content: object): string {
  const path = join(dir, `${name}.json`);
  writeFileSync(path, JSON.stringify({ kind: "interface", ipam: null, ...content }));
  return path;
}

const GOOD = subject("good", {});
const VERSION = subject("version", { env: { FAULT: "version" } });
const DEL = subject("del", { env: { FAULT: "del" } });
const CHECKS = ["--check", "del-three-times", "--check", "add-answers-in-the-version-asked-for"];

async function hawser(
  ...words: string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const argv = [process.execPath, MAIN, "conformance", "plugin", ...words];
  const { exitCode, stdout, stderr } = await run(argv, { env: { PATH }, cwd: dir });
  return { code: exitCode, out: stdout, err: stderr };
}

test("a plugin without findings is exit code 0, and nothing is drawn where there is no terminal", async () => {
  const { code, out, err } = await hawser("by-hand", "--subject", GOOD, ...CHECKS, "--seed", "5");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain(`subject   ${PLUGIN}\n`);
  expect(out).toContain("versions  0.4.0, 1.0.0, 1.1.0\n");
  expect(out).toContain("run       profile quick, seed 5\n");
  expect(out).toContain("4 passed, 0 failed, 4 skipped");
}, 30_000);

test("findings are exit code 1, told once for all versions, with a command that repeats one", async () => {
  const { code, out } = await hawser("./by-hand", "--subject", VERSION, ...CHECKS);
  expect(code).toBe(1);
  expect(out).toContain("✗ R102 MUST: ");
  expect(out).toContain("versions  0.4.0, 1.0.0, 1.1.0\n      tried");
  expect(out).toContain("came      0.1.0\n");
  expect(out).toContain("sent      CNI_COMMAND=ADD ");
  expect(out).toContain('stdin     {"cniVersion":"1.1.0"');
  const repeat = / repeat {4}(.*)/u.exec(out)?.[1] ?? "";
  expect(repeat).toContain(`--subject '${VERSION.replace("'", "'\\''")}'`);
  const again = await run(["sh", "-c", `${repeat} --json`], { env: { PATH }, cwd: dir });
  const { outcomes } = JSON.parse(again.stdout) as Report;
  expect([again.exitCode, outcomes.map(({ verdict }) => verdict)]).toEqual([1, ["failed"]]);
}, 30_000);

test("reports for programs are written beside each other, and what a plugin prints breaks none", async () => {
  const files = ["--junit", "out.xml", "--report", "out.json"];
  const tap = await hawser("by-hand", "--subject", DEL, ...CHECKS, "--tap", ...files);
  expect([tap.code, tap.err]).toEqual([1, ""]);
  const points = parseTap(tap.out);
  expect(points).toHaveLength(8);
  expect(points.filter(({ ok }) => !ok).map(({ description }) => description)).toEqual([
    "R48 del-three-times",
  ]);
  const xml = parseXml(readFileSync(join(dir, "out.xml"), "utf8"));
  expect(elements(xml, "failure").map(({ attributes }) => attributes["type"])).toEqual(["MUST"]);
  const report = JSON.parse(readFileSync(join(dir, "out.json"), "utf8")) as Report;
  expect(report).toMatchObject({ partial: true, of: "plugin", subject: { kind: "interface" } });
}, 30_000);

test("a known failure is one again in the next run, whatever is random in it", async () => {
  const known = join(dir, "known");
  const words = ["by-hand", "--subject", DEL, "--check", "del-three-times", "--known", known];
  const first = await hawser("by-hand", "--subject", DEL, "--check", "del-three-times", "--json");
  const [outcome] = (JSON.parse(first.out) as Report).outcomes;
  const came = (outcome?.finding?.came ?? "").replace(/gone from.*/u, "gone from*");
  writeFileSync(known, `profile: quick\ndel-three-times | ${came} | argued elsewhere\n`);
  const { code, out } = await hawser(...words);
  expect(code).toBe(0);
  expect(out).toContain("argued elsewhere (del-three-times)");
  const mended = await hawser(...words.map((word) => (word === DEL ? GOOD : word)));
  expect(mended.code).toBe(1);
  expect(mended.out).toContain("it passes now");
}, 30_000);

test("what cannot be prepared here is exit code 3, and says nothing of the plugin", async () => {
  const unfit = subject("unfit", { prepare: [["ip", "link", "add", "x", "type", "nosuchkind"]] });
  const { code, out, err } = await hawser("by-hand", "--subject", unfit, ...CHECKS);
  expect([code, out]).toEqual([3, ""]);
  expect(err).toContain("error: what the subject needs cannot be prepared here");
}, 30_000);
