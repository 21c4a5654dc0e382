import { afterEach, beforeEach, expect } from "bun:test";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ENTRIES, entriesMissing, TestDaemon } from "../../tests/support/daemon.ts";
import { must, type RunAnswer, run } from "../../tests/support/exec.ts";
import { type Container, Host } from "../../tests/support/host.ts";
import { skipBecause } from "../../tests/support/needs.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { VERSION } from "./version.ts";

/** The built executable installs itself, and what it has installed is used as a runtime does. */

const DIST = fileURLToPath(new URL("../../dist/hawser", import.meta.url));
const PODS = fileURLToPath(new URL("../../examples/guides/35-pods.conflist", import.meta.url));
const built = skipBecause(existsSync(DIST) ? undefined : "npm run build");
const TIMEOUT_MS = 90_000;
const ENV = { PATH: process.env["PATH"] ?? "" };

let host: Host;
let blue: Container;
let directory = "";
let bin = "";
let conf = "";

beforeEach(async () => {
  host = await Host.create();
  blue = await host.container("blue");
  directory = mkdtempSync(join(tmpdir(), "install-"));
  bin = join(directory, "bin");
  conf = join(directory, "net.d");
});
afterEach(async () => {
  await host.remove(blue);
  await host.tidy();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
  rmSync(directory, { recursive: true });
});

async function hawser(program: string, ...words: string[]): Promise<RunAnswer> {
  return await run([program, ...words], { env: ENV });
}

built(
  "what is installed attaches containers, holds uninstall up while it does, and goes without a trace",
  async () => {
    const places = ["--bin-dir", bin, "--conf-dir", conf];
    const installed = await hawser(DIST, "install", ...places, "--conflist", PODS);
    expect([installed.exitCode, installed.stderr]).toEqual([0, ""]);
    expect(installed.stdout).toContain(`is installed in ${bin}\n`);
    const own = join(bin, "hawser");
    const verified = await hawser(own, "install", "--verify", "--bin-dir", bin);
    expect([verified.exitCode, verified.stderr]).toEqual([0, ""]);
    expect(verified.stdout).toContain(`is as installed: ${PLUGIN_NAMES.length + 2} files\n`);

    const network = ["--conf-dir", conf, "--plugin-dir", bin];
    const added = await hawser(own, "add", "pods", blue.netns, ...network);
    expect([added.exitCode, added.stderr]).toEqual([0, ""]);
    expect(
      await must(["ip", "netns", "exec", "blue", "ip", "-br", "addr", "show", "eth0"]),
    ).toContain("10.35.0.2/24");
    const refused = await hawser(own, "uninstall", "--bin-dir", bin);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain("nothing was done: containers are attached");
    expect(existsSync(join(conf, "35-pods.conflist"))).toBe(true);

    const gone = await hawser(own, "del", "pods", blue.netns, ...network);
    expect([gone.exitCode, gone.stderr]).toEqual([0, ""]);
    const removed = await hawser(own, "uninstall", "--bin-dir", bin);
    expect([removed.exitCode, removed.stderr]).toEqual([0, ""]);
    expect([readdirSync(bin), readdirSync(conf)]).toEqual([[], []]);
  },
  TIMEOUT_MS,
);

const withEntries = skipBecause(entriesMissing());

withEntries(
  "case D2: the executable alone installs entry programs, which ask the daemon",
  async () => {
    const alone = join(directory, "download");
    mkdirSync(alone);
    copyFileSync(DIST, join(alone, "hawser"));
    const places = ["--bin-dir", bin, "--conf-dir", conf];
    const installed = await hawser(join(alone, "hawser"), "install", ...places, "--json");
    expect(JSON.parse(installed.stdout)).toMatchObject({ notes: [] });
    for (const name of PLUGIN_NAMES) {
      expect([name, lstatSync(join(bin, name)).isFile()]).toEqual([name, true]);
    }
    expect(readFileSync(join(bin, "bridge"))).toEqual(readFileSync(join(ENTRIES, "bridge")));
    await using daemon = await TestDaemon.start([], {}, [join(bin, "hawser")]);
    const config = { cniVersion: "1.1.0", name: "n", type: "loopback" };
    const parameters = { containerId: "c1", netns: blue.netns, ifName: "lo" };
    await host.plugin(bin, "loopback", "ADD", config, parameters);
    expect(await daemon.served(1)).toEqual(["loopback ADD"]);
    // As an update it finds entry programs, and is content.
    const again = await hawser(join(bin, "hawser"), "install", ...places, "--json");
    const { files } = JSON.parse(again.stdout) as { files: { fate: string }[] };
    expect(new Set(files.map(({ fate }) => fate))).toEqual(new Set(["unchanged"]));
  },
  TIMEOUT_MS,
);

built(
  "case D5, kind: what the prefix has is found by a shell, works, and goes with uninstall",
  async () => {
    const prefix = join(directory, "local");
    const words = ["install", "--bin-dir", bin, "--prefix", prefix];
    expect(await hawser(DIST, ...words)).toMatchObject({ exitCode: 0, stderr: "" });
    const path = `${prefix}/bin:${ENV.PATH}`;
    const shell = async (script: string): Promise<string> =>
      await must(["sh", "-ec", script], { env: { PATH: path } });
    expect(await shell("command -v hawser; command -v cnitool; hawser --version")).toBe(
      `${prefix}/bin/hawser\n${prefix}/bin/cnitool\n${VERSION}\n`,
    );
    expect(await shell("cnitool 2>&1 || true")).toContain("cnitool");
    const texts = [
      "man/man1/hawser.1",
      "man/man1/hawser-add.1",
      "man/man1/cnitool.1",
      "man/man5/hawser-conflist.5",
      "bash-completion/completions/hawser",
      "zsh/site-functions/_hawser",
      "fish/vendor_completions.d/hawser.fish",
    ].map((name) => join(prefix, "share", name));
    expect(readFileSync(texts[1] ?? "", "utf8")).toContain(
      "hawser add [options] <network> <netns>",
    );
    await must(["bash", "-n", texts[4] ?? ""]);
    const manual = readdirSync(join(prefix, "share/man"), { recursive: true });
    const pages = manual.map(String).filter((name) => /\.[15]$/.test(name)).length;
    expect(pages).toBeGreaterThan(30);
    const verified = await hawser(DIST, "install", "--verify", "--bin-dir", bin);
    expect(verified.stdout).toContain(
      `is as installed: ${PLUGIN_NAMES.length + 1 + 5 + pages} files`,
    );
    expect(await hawser(DIST, "uninstall", "--bin-dir", bin)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(prefix, "bin"))).toEqual([]);
    expect(texts.filter((text) => existsSync(text))).toEqual([]);
    // Without a word of it a directory of one's own gets plugins alone.
    const alone = await hawser(DIST, "install", "--bin-dir", bin, "--json");
    expect(alone.stdout).not.toContain("cnitool");
  },
  TIMEOUT_MS,
);

const debian = existsSync("/usr/lib/cni/bridge") && Bun.which("podman") !== null;

skipBecause(debian ? undefined : "podman, /usr/lib/cni/bridge")(
  "case C3, kind: install says which directory podman takes, and how it would take this one",
  async () => {
    const dry = ["install", "--dry-run", "--bin-dir", "/opt/cni/bin"];
    const { stdout } = await hawser(DIST, ...dry, "--no-commands");
    expect(stdout).toMatch(/client: podman takes bandwidth, bridge.* from \/usr\/lib\/cni /);
    expect(stdout).toContain("`hawser install --bin-dir /usr/lib/cni --replace`");
    const { clients } = JSON.parse((await hawser(DIST, ...dry, "--json")).stdout) as {
      clients: { name: string; takes: Record<string, string[]> }[];
    };
    const podman = clients.find(({ name }) => name === "podman");
    expect(podman?.takes["/usr/lib/cni"]).toContain("bridge");
    const there = ["install", "--dry-run", "--replace", "--bin-dir", "/usr/lib/cni"];
    expect((await hawser(DIST, ...there)).stdout).toContain(
      "client: podman takes the plugins from /usr/lib/cni",
    );
  },
  TIMEOUT_MS,
);

built(
  "answers in JSON, and ends with the exit codes that docs/cli.md tells",
  async () => {
    const places = ["--bin-dir", bin, "--conf-dir", conf];
    const unit = join(directory, "units");
    const words = ["install", ...places, "--systemd", "--unit-dir", unit, "--json"];
    const dry = await hawser(DIST, ...words, "--dry-run");
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true });
    expect(existsSync(bin)).toBe(false);
    const installed = JSON.parse((await hawser(DIST, ...words)).stdout) as {
      files: { path: string; role: string; fate: string }[];
      notes: string[];
    };
    expect(installed.files[0]).toEqual({
      path: join(bin, "hawser"),
      role: "executable",
      fate: "new",
    });
    expect(installed.notes.join()).toContain("systemctl daemon-reload");
    expect(readFileSync(join(unit, "hawser.service"), "utf8")).toContain(
      `\nExecStart=${join(bin, "hawser")} daemon\n`,
    );
    rmSync(join(bin, "bridge"));
    const verified = await hawser(DIST, "install", "--verify", "--bin-dir", bin, "--json");
    expect(verified.exitCode).toBe(1);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      operation: "VERIFY",
      problems: [{ path: join(bin, "bridge"), problem: "is missing" }],
    });
    const bad = join(directory, "bad.conflist");
    writeFileSync(bad, "{}");
    expect((await hawser(DIST, "install", ...places, "--conflist", bad)).exitCode).toBe(3);
    expect((await hawser(DIST, "install", "--unit-dir", unit)).exitCode).toBe(2);
  },
  TIMEOUT_MS,
);
