import { describe, expect } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { REFERENCE_VERSION } from "../../src/state/index.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { type RunAnswer, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { entryPrograms, hawserPlugins, newestPlugins } from "../support/plugin-sets.ts";
import { librariesMissing, mustClient } from "./libraries.ts";

/**
 * Clients ask what a plugin can do by the line that it prints without CNI_COMMAND: the gates of
 * Nomad, imitated with its own library for versions, and of nerdctl.
 */

/** What Nomad needs on a node for jobs in bridge mode. */
const BRIDGE_MODE = ["bridge", "firewall", "host-local", "loopback", "portmap"] as const;

interface Judged {
  readonly version: string;
  readonly placed: boolean;
  readonly checked: boolean;
}

/** A call as nerdctl and Nomad make it: no arguments, and nothing of CNI in the environment. */
async function introduce(dir: string, type: string): Promise<RunAnswer> {
  return await run([join(dir, type)], { env: {} });
}

/** How nerdctl takes the version of its firewall plugin out of what that says on stderr. */
function nerdctlSees({ exitCode, stderr }: RunAnswer): string | undefined {
  if (exitCode !== 0) return undefined;
  const prefix = "CNI firewall plugin ";
  const line = stderr.split("\n").find((each) => each.startsWith(prefix));
  return line?.slice(prefix.length);
}

function isAtLeast(version: string | undefined, wanted: string): boolean {
  return version !== undefined && Bun.semver.satisfies(version, `>=${wanted}`);
}

for (const { dir, missing, door } of [
  { ...hawserPlugins(), door: "executables" },
  { ...entryPrograms(), door: "entry programs" },
]) {
  const test = skipBecause(missing);
  const withLibraries = skipBecause(missing ?? librariesMissing());

  describe(`the ${door}`, () => {
    test("case D6: each plugin names the release of the reference plugins that it meets", async () => {
      for (const type of PLUGIN_NAMES) {
        const { exitCode, stdout, stderr } = await introduce(dir, type);
        const [line, protocol] = stderr.split("\n");
        expect([type, exitCode, stdout]).toEqual([type, 0, ""]);
        expect(line).toBe(`CNI ${type} plugin v${REFERENCE_VERSION}`);
        expect(protocol).toMatch(/^CNI protocol versions supported: [\d., ]+1\.1\.0$/);
      }
    });

    withLibraries(
      "case D6, kind: Nomad places jobs in bridge mode, and checks them after a restart",
      async () => {
        const seen = (await mustClient("versions", "fingerprint", { pluginDir: dir })) as Readonly<
          Record<string, Judged>
        >;
        // Each file of the directory is started; what is no plugin has no version.
        expect(Object.keys(seen).sort()).toEqual(readdirSync(dir).sort());
        const version = `v${REFERENCE_VERSION}`;
        for (const type of BRIDGE_MODE) expect(seen[type]).toMatchObject({ version, placed: true });
        expect(seen["bridge"]?.checked).toBe(true);
        expect(seen["cnitool"]?.version ?? "unknown").toBe("unknown");
      },
    );

    test("case D6, kind: nerdctl isolates networks with icc=false", async () => {
      const version = nerdctlSees(await introduce(dir, "firewall"));
      expect(isAtLeast(version, "1.1.0")).toBe(true);
      expect(isAtLeast(version, "1.7.1")).toBe(true);
    });
  });
}

const { dir, missing } = newestPlugins();
skipBecause(missing ?? hawserPlugins().missing)(
  "the reference plugins say the same, to the byte",
  async () => {
    // They have no plugin for fleets.
    for (const type of PLUGIN_NAMES.filter((name) => name !== "cluster")) {
      const theirs = await introduce(dir, type);
      const ours = await introduce(hawserPlugins().dir, type);
      expect([type, ours.exitCode, ours.stdout, ours.stderr]).toEqual([
        type,
        ...[theirs.exitCode, theirs.stdout, theirs.stderr],
      ]);
    }
  },
);

skipBecause(hawserPlugins().missing)("hawser's own version is its own", async () => {
  const { version } = (await Bun.file("package.json").json()) as { readonly version: string };
  const { stdout } = await run([join(hawserPlugins().dir, "../hawser"), "--version"]);
  expect(stdout).toContain(version);
  expect(stdout).not.toContain(REFERENCE_VERSION);
});
