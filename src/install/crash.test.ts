import { expect, test } from "bun:test";
import { existsSync, lstatSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { run } from "../../tests/support/exec.ts";
import {
  entryProgram,
  Node,
  networkText,
  programText,
  SOME_PLUGINS,
} from "../../tests/support/installation.ts";
import { look } from "./content.ts";
import { install, uninstall, verify } from "./index.ts";
import { isOurs, readManifest } from "./manifest.ts";

/** Kills an installation at moments that cannot be chosen to the instruction. */

const LOOP = join(import.meta.dir, "../../tests/fixtures/install-loop.ts");
const KILLS = 16;
const LONGEST_MS = 1000;
const MOMENTS = [".hawser-installed.json", "hawser", "bridge", "loopback"];
const TIMEOUT_MS = 120_000;
const FOREIGN = "#!/bin/sh\necho foreign\n";
const ENTRY = "entry program of release 2";

/** Kills the loop soon after a file of the plugin directory has got its place. */
async function killed(node: Node, mode: "update" | "remove", kill: number): Promise<void> {
  const child = Bun.spawn([process.execPath, LOOP, node.home, mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const name = MOMENTS[kill % MOMENTS.length];
  const changed = Promise.withResolvers<void>();
  const reader = child.stdout.getReader();
  await reader.read();
  const watcher = watch(node.binDir, (_, file) => {
    if (file === name) changed.resolve();
  });
  await Promise.race([changed.promise, Bun.sleep(LONGEST_MS)]);
  expect(child.exitCode).toBeNull();
  child.kill("SIGKILL");
  await child.exited;
  watcher.close();
}

test(
  "an update that is killed leaves each file old or new, and the next one finishes it",
  async () => {
    using node = new Node();
    node.addForeign("bridge", FOREIGN);
    install(node.request("1", { replace: true }));
    let unfinished = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await killed(node, "update", kill);
      expect([programText("1"), programText("2")]).toContain(node.read("hawser"));
      expect([networkText("1"), networkText("2")]).toContain(readFileSync(node.conflist, "utf8"));
      for (const name of SOME_PLUGINS) {
        expect([programText("1"), programText("2"), ENTRY]).toContain(node.read(name));
      }
      expect(node.read(".bridge.hawser-aside")).toBe(FOREIGN);
      const manifest = readManifest(node.binDir);
      const paths = ["hawser", ...SOME_PLUGINS].map((name) => node.bin(name));
      expect(paths.filter((path) => !isOurs(manifest, path, look(path)))).toEqual([]);
      if (manifest?.before !== undefined) unfinished += 1;
      const { stdout } = await run([node.bin("hawser")]);
      expect(stdout).toContain("supportedVersions");
    }
    const entry = entryProgram(programText("3"));
    const request = node.request("3", { replace: true, entry });
    install(request);
    const { program, plugins, binDir } = request;
    const env = { PATH: "/usr/bin:/bin" };
    expect(await verify({ binDir, program, plugins, env })).toMatchObject({
      version: "3",
      problems: [],
      notes: [],
    });
    uninstall({
      binDir,
      cacheDirs: [node.home],
      stateDir: node.stateDir,
      force: false,
      dryRun: false,
    });
    expect(node.names()).toEqual(["bridge"]);
    expect(node.read("bridge")).toBe(FOREIGN);
    // Kills that all came between two installations would have shown nothing.
    expect(unfinished).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);

test(
  "at no moment is there a configuration without its plugins, or a name without a plugin",
  async () => {
    using node = new Node();
    node.addForeign("bridge", FOREIGN);
    const seen = new Set<string>();
    for (let kill = 0; kill < KILLS; kill++) {
      await killed(node, "remove", kill);
      const names = ["hawser", "host-local", "loopback"];
      const there = names.filter((name) => lstatSync(node.bin(name), { throwIfNoEntry: false }));
      if (existsSync(node.conflist)) expect(there).toEqual(names);
      // A link is there no longer than what it leads to.
      if (there.includes("loopback")) expect(there).toContain("hawser");
      expect([FOREIGN, programText("1")]).toContain(node.read("bridge"));
      seen.add(there.join());
      if (kill % 2 === 0) {
        uninstall({
          binDir: node.binDir,
          cacheDirs: [node.home],
          stateDir: node.stateDir,
          force: false,
          dryRun: false,
        });
        expect(node.names().filter((name) => !name.startsWith(".hawser-new-"))).toEqual(["bridge"]);
        expect(node.read("bridge")).toBe(FOREIGN);
      }
    }
    install(node.request("1", { replace: true }));
    uninstall({
      binDir: node.binDir,
      cacheDirs: [node.home],
      stateDir: node.stateDir,
      force: false,
      dryRun: false,
    });
    expect(node.names()).toEqual(["bridge"]);
    expect(node.read("bridge")).toBe(FOREIGN);
    expect(seen.size).toBeGreaterThan(1);
  },
  TIMEOUT_MS,
);
