import { afterEach, beforeEach, expect } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unitTexts } from "../../src/install/index.ts";
import { SOCKET } from "../support/daemon.ts";
import { dbnet } from "../support/dbnet.ts";
import { must, run } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { until } from "../support/until.ts";

/**
 * The daemon with what its unit leaves it: no systemd runs here, but capabilities can be taken away,
 * and system calls compared with those that the unit lets through.
 */

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const UNIT = unitTexts("/opt/cni/bin")["hawser.service"] ?? "";
const READY_MS = 20_000;
const TIMEOUT_MS = 120_000;

const missing = [
  ...["root", "setpriv", "strace", "systemd-analyze"].filter((program) => !has(program)),
  ...(existsSync(join(DIST, "entry/bridge")) ? [] : ["dist/entry (npm run build)"]),
];
const unit = skipBecause(missing.length === 0 ? undefined : missing.join(", "));

/** The value of a setting of the unit. */
function setting(name: string): string {
  return new RegExp(`^${name}=(.*)$`, "m").exec(UNIT)?.[1] ?? "";
}

let host: Host;
let blue: Container;
beforeEach(async () => {
  host = await Host.create();
  blue = await host.container("blue");
});
afterEach(async () => {
  await host.remove(blue);
  await host.tidy();
});

/** Starts the daemon by a program that takes something away; gives what ends it. */
async function startDaemon(by: readonly string[]): Promise<() => Promise<string>> {
  const child = Bun.spawn([...by, join(DIST, "hawser"), "daemon"], {
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log = child.stderr.text();
  await until("the daemon listens", () => existsSync(SOCKET), READY_MS);
  return async () => {
    // What stands before the daemon may be strace, which hands no signal on.
    await run(["pkill", "--parent", String(child.pid)]);
    child.kill("SIGTERM");
    await child.exited;
    return await log;
  };
}

/** An entry program that has nothing to fall back on answers by the daemon alone. */
function loneEntries(): string {
  const dir = "/run/entries";
  mkdirSync(dir);
  for (const name of ["bridge", "host-local", "tuning", "portmap"]) {
    copyFileSync(join(DIST, "entry", name), join(dir, name));
  }
  symlinkSync("/bin/false", join(dir, "hawser"));
  return dir;
}

/** Attaches a container, changes a sysctl and a MAC in it, and detaches it, all by the daemon. */
async function useNetwork(): Promise<void> {
  const dir = loneEntries();
  const [bridge] = dbnet().plugins;
  const network = { ...dbnet(), ...bridge, ipMasq: true, plugins: undefined };
  const env = (command: string): Record<string, string> => ({
    CNI_COMMAND: command,
    CNI_CONTAINERID: "c1",
    CNI_NETNS: blue.netns,
    CNI_IFNAME: "eth0",
    CNI_PATH: dir,
    HAWSER_EXECUTABLE: "/bin/false",
  });
  const stdin = JSON.stringify(network);
  const call = async (command: string): Promise<string> =>
    await must([join(dir, "bridge")], { env: env(command), stdin });
  const result: unknown = JSON.parse(await call("ADD"));
  expect(result).toMatchObject({ ips: [{ address: "10.1.0.2/16" }] });
  const mac = "02:00:00:00:00:77";
  const tuning = { cniVersion: "1.0.0", name: "dbnet", type: "tuning", mac, prevResult: result };
  const sysctl = { "net.core.somaxconn": "500" };
  await must([join(dir, "tuning")], {
    env: env("ADD"),
    stdin: JSON.stringify({ ...tuning, sysctl }),
  });
  await call("DEL");
}

unit(
  "with the capabilities of its unit and no other it attaches and detaches",
  async () => {
    const words = setting("CapabilityBoundingSet").split(" ");
    expect(words.length).toBeGreaterThan(0);
    const set = words.map((word) => `+${word.slice("CAP_".length).toLowerCase()}`);
    const stop = await startDaemon([
      ...["setpriv", "--no-new-privs", `--bounding-set=-all,${set.join(",")}`, "--"],
    ]);
    try {
      await useNetwork();
    } finally {
      expect(await stop()).toContain('"event"');
    }
  },
  TIMEOUT_MS,
);

unit(
  "its unit lets through every system call and every kind of socket that it uses",
  async () => {
    const trace = "/run/trace";
    const stop = await startDaemon(["strace", "-f", "-qq", "-o", trace, "--"]);
    try {
      await useNetwork();
    } finally {
      await stop();
    }
    const lines = readFileSync(trace, "utf8").split("\n");
    const used = new Set(lines.flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []));
    expect(used).toContain("setns");
    const allowed = await systemCalls(setting("SystemCallFilter").split(" "));
    expect([...used].filter((name) => !allowed.has(name)).sort()).toEqual([]);
    const families = setting("RestrictAddressFamilies").split(" ");
    const sockets = lines.flatMap((line) => / socket\((AF_\w+)/.exec(line)?.[1] ?? []);
    expect(sockets.length).toBeGreaterThan(0);
    expect(sockets.filter((family) => !families.includes(family))).toEqual([]);
  },
  TIMEOUT_MS,
);

/** The system calls of systemd's sets, and of the sets in them; `@default` is let through always. */
async function systemCalls(sets: readonly string[]): Promise<Set<string>> {
  const calls = new Set<string>();
  const todo = ["@default", ...sets];
  for (const name of todo) {
    if (!name.startsWith("@")) {
      calls.add(name);
      continue;
    }
    const text = await must(["systemd-analyze", "syscall-filter", name]);
    const words = text.split("\n").map((line) => line.trim());
    for (const word of words) {
      if (/^@[\w-]+$|^\w+$/.test(word) && !todo.includes(word)) todo.push(word);
    }
  }
  return calls;
}
