import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../tests/support/exec.ts";
import { needs } from "../../tests/support/needs.ts";
import { unitTexts } from "./index.ts";

const PACKAGED = join(import.meta.dir, "../../packaging/systemd");
/** Where systemd-analyze begins to call a service "medium". */
const EXPOSURE_MAX = 5;

test("packaging/systemd has the units that are installed", () => {
  for (const [name, text] of Object.entries(unitTexts("/opt/cni/bin"))) {
    expect([name, readFileSync(join(PACKAGED, name), "utf8")]).toEqual([name, text]);
  }
});

test("a path is written so that systemd reads the same", () => {
  const text = unitTexts("/opt/100% cni")["hawser.service"] ?? "";
  expect(text).toContain('\nExecStart="/opt/100%% cni/hawser" daemon\n');
});

/** The units for an executable that is there, since systemd looks for it. */
function unitsOnDisk(): Disposable & { readonly paths: readonly string[] } {
  const home = mkdtempSync(join(tmpdir(), "hawser-units-"));
  writeFileSync(join(home, "hawser"), "#!/bin/sh\n", { mode: 0o755 });
  const paths = Object.entries(unitTexts(home)).map(([name, text]) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  });
  return { paths, [Symbol.dispose]: () => rmSync(home, { recursive: true }) };
}

needs("systemd-analyze")("systemd finds nothing wrong with the units", async () => {
  using units = unitsOnDisk();
  const { exitCode, stdout, stderr } = await run(["systemd-analyze", "verify", ...units.paths]);
  expect([exitCode, stdout, stderr]).toEqual([0, "", ""]);
});

needs("systemd-analyze")("systemd calls the service well closed", async () => {
  using units = unitsOnDisk();
  const service = units.paths.find((path) => path.endsWith(".service")) ?? "";
  const { stdout } = await run(["systemd-analyze", "security", "--offline=true", service]);
  const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  expect(Number(exposure)).toBeLessThan(EXPOSURE_MAX);
});
