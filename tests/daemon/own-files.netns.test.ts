import { afterEach, beforeEach, expect } from "bun:test";
import { createHash } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { runPlugin } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, SOCKET, TestDaemon } from "../support/daemon.ts";
import { must, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { daemonScene } from "./scene.ts";

/** Links, pipes, directories and more where the daemon has files of its own. */

const test = skipBecause(entriesMissing());
const STATE = "/run/hawser";
const STATUS = `${STATE}/status.sock`;
const HISTORY = `${STATE}/history.jsonl`;
const VICTIM = "/run/victim";
const PRECIOUS = "precious\n";
const NAME = createHash("sha256").update("dbnet\0c1\0eth0").digest("hex").slice(0, 32);
const NOTES = `${STATE}/attachments/${NAME}.jsonl`;
const CONFIG = {
  ...{ cniVersion: "1.1.0", name: "dbnet", type: "bridge", bridge: "cni0" },
  ipam: { type: "host-local", subnet: "10.1.0.0/24" },
};
const SPARSE_BYTES = 3 * 1024 ** 3;

const PLANTS: Readonly<Record<string, (path: string) => Promise<void> | void>> = {
  "a link to a file": (path) => symlinkSync(VICTIM, path),
  "a link to nothing": (path) => symlinkSync("/run/nothere", path),
  "a link to itself": (path) => symlinkSync(path, path),
  "a link to /dev/zero": (path) => symlinkSync("/dev/zero", path),
  "a second name of a file": (path) => linkSync(VICTIM, path),
  "a pipe": async (path) => void (await must(["mkfifo", path])),
  "a directory": (path) => void mkdirSync(`${path}/x`, { recursive: true }),
  "a file of three gigabytes": (path) => {
    writeFileSync(path, "");
    truncateSync(path, SPARSE_BYTES);
  },
};

const scene = daemonScene();
beforeEach(() => {
  writeFileSync(VICTIM, PRECIOUS, { mode: 0o600 });
});
afterEach(() => {
  rmSync(VICTIM);
  rmSync(STATE, { recursive: true, force: true });
});

async function plant(path: string, how: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { recursive: true, force: true });
  await PLANTS[how]?.(path);
}

/** ADD and DEL, neither of which may wait for what was planted. */
async function attachAndDetach(): Promise<void> {
  for (const CNI_COMMAND of ["ADD", "DEL"]) {
    const answer = await runPlugin(ENTRIES, "bridge", CONFIG, {
      ...{ CNI_COMMAND, CNI_CONTAINERID: "c1", CNI_NETNS: scene.blue.netns, CNI_IFNAME: "eth0" },
      ...{ CNI_PATH: ENTRIES, PATH: process.env["PATH"] ?? "", HAWSER_ANSWER_TIMEOUT: "10" },
    });
    expect([CNI_COMMAND, answer.exitCode, answer.stderr]).toEqual([CNI_COMMAND, 0, ""]);
  }
}

function expectUnharmed(): void {
  expect(readFileSync(VICTIM, "utf8")).toBe(PRECIOUS);
  expect(statSync(VICTIM).mode & 0o777).toBe(0o600);
  expect(statSync("/run/nothere", { throwIfNoEntry: false })).toBeUndefined();
}

for (const how of Object.keys(PLANTS)) {
  for (const [name, path] of [
    ["case S16: notes of an attachment", NOTES],
    ["case S16, kind: the history", HISTORY],
  ] as const) {
    test(`${name}: ${how} in their place holds up nothing`, async () => {
      await plant(path, how);
      await using daemon = await TestDaemon.start();
      await attachAndDetach();
      expect(await daemon.served(2)).toEqual(["bridge ADD", "bridge DEL"]);
      expect((await run([EXECUTABLE, "daemon", "--history"])).exitCode).toBe(0);
      expect(await daemon.end()).toBe(0);
      expectUnharmed();
    });
  }

  test(`case S16, kind: lock and sockets: ${how} in their place harms nothing, and nothing hangs`, async () => {
    for (const path of [`${STATE}/daemon.lock`, SOCKET, STATUS]) {
      await plant(path, how);
      const daemon = Bun.spawn([EXECUTABLE, "daemon"], {
        ...{ stdin: "ignore", stdout: "ignore", stderr: "pipe" },
      });
      const reader = daemon.stderr.pipeThrough(new TextDecoderStream()).getReader();
      const late = setTimeout(() => daemon.kill("SIGKILL"), patient(10_000));
      const { value = "" } = await reader.read();
      // It serves, or it says why it cannot.
      expect(value).toMatch(/"event":"(?:listening|failed)"/u);
      await attachAndDetach();
      daemon.kill();
      expect(await daemon.exited).toBe(value.includes('"listening"') ? 0 : 1);
      clearTimeout(late);
      expectUnharmed();
      rmSync(STATE, { recursive: true, force: true });
    }
  });
}
