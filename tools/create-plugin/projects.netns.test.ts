import { afterAll, expect } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { link, RouteSocket } from "../../src/kernel/route/index.ts";
import { must, ownEnvironment, ProgramFailure, run } from "../../tests/support/exec.ts";
import { needs, skipBecause } from "../../tests/support/needs.ts";
import { NpmRegistry, type ServedPackage } from "../../tests/support/npm-registry.ts";
import { packAsIs, packBuilt } from "../package/pack.ts";
import { toolbox } from "../package/toolbox.ts";
import { ROOT } from "../test/files.ts";
import { CREATE_PLUGIN } from "./place.ts";

/**
 * From the package to a plugin that is installed: `npm create hawser-plugin`, and the commands of the
 * README that it writes. The packages come from a registry on the loopback interface.
 */

const TIMEOUT_MS = 240_000;
const STEP_MS = 120_000;
const EXECUTABLE = join(ROOT, "dist/hawser");

/** What is tried of the pair of interfaces; the rest of the suite would take as long as all else here. */
const PAIR = [
  ...["result-tells-what-is-there", "check-right-after-add", "del-leaves-no-trace"],
  ...["del-after-the-namespace-is-gone", "gc-keeps-the-valid", "gc-goes-to-the-ipam-plugin"],
  ...["add-that-fails-behind-ipam-releases-the-address"],
].flatMap((name) => ["--check", name]);

const scratch = mkdtempSync(join(tmpdir(), "hawser-create-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const tools = await toolbox();
const tried =
  tools === undefined
    ? skipBecause("npm's registry, once")
    : needs("ip", "nsenter", "unshare", "kernel:ipv6");

/** What a project needs beside the package and its dependencies. */
function needed(esbuild: string): ServedPackage[] {
  const here = join(ROOT, "node_modules");
  const ofTypes = createRequire(join(here, "@types/node/package.json"));
  const ofEsbuild = dirname(dirname(esbuild));
  return [
    join(here, "typescript"),
    join(here, `@typescript/typescript-linux-${process.arch}`),
    join(here, "@types/node"),
    dirname(ofTypes.resolve("undici-types/package.json")),
    join(ofEsbuild, "../../esbuild"),
    ofEsbuild,
  ].map((directory) => ({ directory }));
}

async function startRegistry(): Promise<NpmRegistry> {
  const { tarball } = await packBuilt(join(scratch, "packs"));
  const create = { directory: CREATE_PLUGIN, ...(await packAsIs(CREATE_PLUGIN, scratch)) };
  const others = [create, ...needed(tools?.esbuild ?? "")];
  return await NpmRegistry.start(ROOT, join(scratch, "registry"), tarball, others);
}

/** Runs npm in a directory; prints what it took, and fails with all that it said. */
type Npm = (cwd: string, ...words: string[]) => Promise<string>;

function npmBy(registry: NpmRegistry): Npm {
  const env = {
    ...ownEnvironment(),
    HAWSER: EXECUTABLE,
    npm_config_registry: registry.url,
    npm_config_cache: join(scratch, "npm-cache"),
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
  };
  return async (cwd, ...words) => {
    const answer = await run(["npm", ...words], { cwd, env, timeoutMs: STEP_MS });
    if (answer.exitCode !== 0) throw new ProgramFailure(answer);
    console.log(`${(answer.ms / 1000).toFixed(1)} s  npm ${words.join(" ")}`);
    return answer.stdout;
  };
}

tried(
  "from the package to plugins of each kind, which are built, tested, conform and are installed",
  async () => {
    using host = RouteSocket.open();
    link.set(host, { name: "lo" }, { up: true }); // where the registry is
    using registry = await startRegistry();
    const npm = npmBy(registry);
    const bin = join(scratch, "bin");
    mkdirSync(bin);
    const create = ["create", "--yes", "hawser-plugin", "web-ipam", "--", "--kind", "ipam"];
    await npm(scratch, ...create);
    await npm(join(scratch, "web-ipam"), "install");
    for (const kind of ["chained", "interface"]) {
      const program = join(CREATE_PLUGIN, "src/main.mjs");
      await must(["node", program, `web-${kind}`, "--kind", kind], { cwd: scratch });
      // What npm would install again is the same for each kind.
      symlinkSync("../web-ipam/node_modules", join(scratch, `web-${kind}`, "node_modules"));
    }
    const become = async (name: string, checks: readonly string[] = []): Promise<void> => {
      const project = join(scratch, name);
      await npm(project, "run", "build");
      expect(await npm(project, "test")).toMatch(/fail 0$/mu);
      const judged = await npm(project, "run", "conformance", "--", ...checks);
      expect(judged).toMatch(/^[1-9]\d* passed, 0 failed, /mu);
      await npm(project, "run", "install-plugin", "--", bin);
      await answersVersion(join(bin, name));
      expectCommands(project);
    };
    await Promise.all([become("web-ipam"), become("web-chained"), become("web-interface", PAIR)]);
    const nowhere = join(scratch, "nowhere");
    const refused = npm(join(scratch, "web-ipam"), "run", "install-plugin", "--", nowhere);
    expect(await refused.catch((error: unknown) => error)).toBeInstanceOf(ProgramFailure);
    expect(existsSync(nowhere)).toBe(false); // the plugin is not called as the directory was to be
  },
  TIMEOUT_MS,
);

/** The installed file stands alone: it is the whole plugin. */
async function answersVersion(path: string): Promise<void> {
  expect(readFileSync(path, "utf8")).toStartWith("#!/usr/bin/env node\n");
  const env = { PATH: process.env["PATH"] ?? "", CNI_COMMAND: "VERSION", HAWSER_PLAN: "ask" };
  const stdin = '{"cniVersion":"1.1.0"}';
  expect(JSON.parse(await must([path], { env, cwd: "/", stdin }))).toMatchObject({
    cniVersion: "1.1.0",
    plans: ["ADD"],
  });
}

/** The README of a project has the commands that this test runs. */
function expectCommands(project: string): void {
  const readme = readFileSync(join(project, "README.md"), "utf8");
  const commands = [...readme.matchAll(/^npm ([a-z-]+(?: [a-z-]+)?(?: -- \S+)?)/gmu)].map(
    ([, words]) => words,
  );
  expect(commands).toEqual([
    "install",
    "run build",
    "test",
    "run conformance",
    "run install-plugin -- /opt/cni/bin",
  ]);
}
