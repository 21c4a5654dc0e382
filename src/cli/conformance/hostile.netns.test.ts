import { afterAll, describe, expect } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { needs } from "../../../tests/support/needs.ts";
import { startable } from "../../../tests/support/programs.ts";
import type { Outcome, Report } from "../../conformance/index.ts";

const test = needs("ip");

/** The command with subjects that spoil what they can: it says so, ends, and leaves nothing. */

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const NOBODY = "65534";
const directory = mkdtempSync(join(tmpdir(), "conformance-hostile-"));
chmodSync(directory, 0o755);
const mark = directory.slice(directory.lastIndexOf("/") + 1);
const mounts = readFileSync("/proc/self/mountinfo", "utf8");
const DIRS = ["", "/tmp", "/dev", "/dev/shm", "/etc", "/var/tmp", "/run", "/var/lib/cni"];
afterAll(() => {
  for (const dir of DIRS) expect(existsSync(`${dir}/${mark}.mark`)).toBe(false);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(mounts);
  rmSync(directory, { recursive: true });
});

/** An interface plugin whose ADD is the script; its stderr names the namespace that it ran in. */
function plugin(name: string, add: string): string {
  const path = join(directory, name);
  const text = `#!/bin/sh
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":["1.1.0"]}' ;;
*)
  readlink /proc/self/ns/pid >&2
  ${add} ;;
esac
`;
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

const SUBJECT = join(directory, "subject.json");
writeFileSync(SUBJECT, JSON.stringify({ kind: "interface", ipam: null }));

interface Run {
  readonly code: number | null;
  readonly report: Report;
  readonly ms: number;
}

async function check(
  path: string,
  words: readonly string[] = [],
  way: readonly string[] = [],
): Promise<Run> {
  const before = performance.now();
  const child = start(path, words, way);
  const stdout = await child.stdout.text();
  const code = await child.exited;
  return { code, report: JSON.parse(stdout) as Report, ms: performance.now() - before };
}

function start(
  path: string,
  words: readonly string[],
  way: readonly string[] = [],
): Bun.Subprocess<"ignore", "pipe", "inherit"> {
  const options = ["--subject", SUBJECT, "--check", "del-three-times", "--json", ...words];
  const argv = [...way, process.execPath, MAIN, "conformance", "plugin", path, ...options];
  const env = { PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` };
  return Bun.spawn(startable(argv), { env, cwd: "/", stdout: "pipe" });
}

function inside(namespace: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`) === namespace;
    } catch {
      return false;
    }
  });
}

/** The one finding; nothing is left of where it was made. */
function finding({ code, report }: Run): Outcome {
  const [outcome] = report.outcomes;
  expect([code, outcome?.verdict]).toEqual([1, "failed"]);
  const said = JSON.stringify(outcome?.transcript);
  const [namespace] = /pid:\[\d+\]/u.exec(said) ?? [];
  expect(namespace).toBeDefined();
  expect(inside(namespace ?? "")).toEqual([]);
  return outcome as Outcome;
}

const SPOILS = [
  ...DIRS.map((dir) => `echo x >"${dir}/${mark}.mark"`),
  `echo x >${directory}/${mark}.mark`,
  `rm -f "$0"`,
  "mount -o remount,size=1g /run",
  "umount -l /run",
  "umount -l /proc",
  "umount -l /sys",
  "setsid sleep 1000 &",
  "kill -9 -1",
  "kill -9 $PPID",
  "kill -9 0",
].join("\n");

describe("a subject that spoils what it can and kills what it sees is a finding", () => {
  const path = plugin("spoils", SPOILS);

  test("for root, or for root of the user namespace that runs this", async () => {
    const { finding: what } = finding(await check(path));
    expect(what?.came).toContain("SIGKILL");
    expect(existsSync(path)).toBe(true);
    expect(existsSync(join(directory, `${mark}.mark`))).toBe(false);
  }, 30_000);

  needs("ip", "root", "setpriv")(
    "for a user without root",
    async () => {
      const way = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"];
      const { finding: what } = finding(await check(path, [], way));
      expect(what?.came).toContain("SIGKILL");
    },
    30_000,
  );
});

test("one that hangs costs its time, and is told by it", async () => {
  const run = await check(plugin("hangs", "sleep 1000"), ["--timeout", "500ms"]);
  expect(finding(run).finding?.came).toBe("nothing: it did not end within 0.5 s");
}, 30_000);

test("one that hangs in each call is given up, whatever it is", async () => {
  const path = join(directory, "hangs-always");
  writeFileSync(path, "#!/bin/sh\nsleep 1000\n", { mode: 0o755 });
  const child = Bun.spawn(
    startable([process.execPath, MAIN, "conformance", "plugin", path, "--timeout", "300ms"]),
    { env: { PATH: process.env["PATH"] ?? "" }, cwd: "/", stdout: "pipe" },
  );
  const text = await child.stdout.text();
  expect([await child.exited, text]).toEqual([1, text]);
  expect(text).toContain("it did not end within 0.3 s");
  expect(text).toContain("was given up: the subject hung 3 times; the rest was left");
}, 60_000);

test("one that unmounts what the suite needs is at fault itself", async () => {
  const add = `umount -l /run /proc; echo '{"cniVersion":"1.1.0","ips":[]}'`;
  const { finding: what } = finding(await check(plugin("unmounts", add)));
  expect(what?.came).toBe("/proc was unmounted, /run was unmounted");
}, 30_000);

test("one that floods its output is told so, and the report stays small", async () => {
  const run = await check(plugin("floods", "cat /dev/zero"), ["--timeout", "20s"]);
  expect(finding(run).finding?.came).toContain("it printed more than 4 MiB");
  expect(JSON.stringify(run.report).length).toBeLessThan(100_000);
}, 30_000);

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s in the middle", (signal, code) => {
  test("ends at once, with what is known, and leaves nothing", async () => {
    const child = start(plugin("waits", "sleep 1000"), []);
    const world = await worldBelow(child.pid);
    const before = performance.now();
    child.kill(signal);
    const report = JSON.parse(await child.stdout.text()) as Report;
    expect(await child.exited).toBe(code);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(report).toMatchObject({ partial: true, gaveUp: "interrupted" });
    expect(report.outcomes[0]).toMatchObject({ verdict: "skipped", reason: "interrupted" });
    expect(inside(world)).toEqual([]);
  }, 30_000);
});

/** Waits until the command's plugin sleeps, and gives the namespace in which it does. */
async function worldBelow(pid: number): Promise<string> {
  for (let tries = 0; tries < 500; tries++) {
    const sleeper = descendants(pid).find((each) => commandLine(each).startsWith("sleep\0"));
    if (sleeper !== undefined) return readlinkSync(`/proc/${sleeper}/ns/pid`);
    await Bun.sleep(20);
  }
  throw new Error("the plugin was not called");
}

function descendants(pid: number): number[] {
  const children = textOf(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function commandLine(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
