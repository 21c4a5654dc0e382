import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, type RunAnswer, run } from "../support/exec.ts";
import { type DebianRoot, ROOT_ENVIRONMENT } from "./debian-root.ts";

/** systemd as the first process of a root: with a control group of its own, and the network of the test. */

const READY_MS = 15_000;
/** What looks after a whole machine: there is none here. */
const MACHINE_UNITS = ["sysinit", "multi-user", "sockets", "timers", "local-fs"].map((name) => {
  return `/usr/lib/systemd/system/${name}.target.wants`;
});
const PAUSE_MS = 50;

/** In the new namespaces: its own processes and control groups, and then systemd. */
const BOOT = `
set -e
mount -t proc proc "$1/proc"
mount -t cgroup2 none "$1/sys/fs/cgroup"
exec env -i container=hawser PATH=${ROOT_ENVIRONMENT.PATH} chroot "$1" /usr/lib/systemd/systemd --system \\
  --unit=multi-user.target --log-target=null --show-status=0
`;

/** Where the machine has control groups of the second version; undefined where it has none that can be written. */
export function cgroupRoot(): string | undefined {
  const line = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .find((each) => each.includes(" - cgroup2 ") && each.split(" ")[5]?.startsWith("rw") === true);
  return line?.split(" ")[4];
}

type Unshared = Pick<Bun.Subprocess, "kill" | "exited">;

export class Booted implements AsyncDisposable {
  readonly #pid: number;
  readonly #group: string;
  readonly #unshare: Unshared;

  private constructor(pid: number, group: string, child: Unshared) {
    this.#pid = pid;
    this.#group = group;
    this.#unshare = child;
  }

  /** Starts systemd, and waits until it has started what is enabled. */
  static async boot(root: DebianRoot): Promise<Booted> {
    const group = join(cgroupRoot() ?? "", `hawser-test-${process.pid}-${Date.now()}`);
    mkdirSync(group);
    // Without one, systemd would take this for its first start, and enable whatever it finds.
    writeFileSync(root.at("etc/machine-id"), "0123456789abcdef0123456789abcdef\n");
    for (const path of MACHINE_UNITS) rmSync(root.at(path), { recursive: true, force: true });
    const words = ["--pid", "--fork", "--mount", "--uts", "--ipc", "--cgroup", "--kill-child"];
    const enter = `echo $$ >"$0/cgroup.procs" && exec unshare ${words.join(" ")} -- sh -c "$2" sh "$1"`;
    const child = Bun.spawn(["sh", "-c", enter, group, root.path, BOOT], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    const booted = new Booted(await firstProcess(child.pid), group, child);
    await booted.#ready();
    return booted;
  }

  async #ready(): Promise<void> {
    const until = performance.now() + READY_MS;
    for (;;) {
      const { stdout } = await this.attempt("systemctl", "is-system-running");
      if (/^(?:running|degraded)/.test(stdout)) return;
      if (performance.now() > until) {
        const jobs = await this.attempt("systemctl", "list-jobs", "--no-pager");
        await this[Symbol.asyncDispose]();
        throw new Error(`systemd does not get ready: ${stdout}${jobs.stdout}`);
      }
      await Bun.sleep(PAUSE_MS);
    }
  }

  /** What goes before a program that shall run in the root. */
  enter(argv: readonly string[]): string[] {
    return ["nsenter", "--target", `${this.#pid}`, "--all", "--root", "--wdns=/", ...argv];
  }

  async attempt(...argv: readonly string[]): Promise<RunAnswer> {
    return await run(this.enter(argv), { env: ROOT_ENVIRONMENT });
  }

  async must(...argv: readonly string[]): Promise<string> {
    return await must(this.enter(argv), { env: ROOT_ENVIRONMENT });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unshare.kill("SIGKILL");
    await this.#unshare.exited;
    await removeGroup(this.#group);
  }
}

/** The process that has become the first of its namespace. */
async function firstProcess(parent: number): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const path = `/proc/${parent}/task/${parent}/children`;
    const text = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
    if (text !== "" && readFileSync(`/proc/${text}/comm`, "utf8").startsWith("systemd")) {
      return Number(text);
    }
    await Bun.sleep(PAUSE_MS);
  }
  throw new Error("systemd did not start");
}

/** A group can go when its last process has ended, and those within it have gone. */
async function removeGroup(group: string): Promise<void> {
  if (existsSync(join(group, "cgroup.kill"))) writeFileSync(join(group, "cgroup.kill"), "1");
  for (let tries = 0; tries < 40; tries += 1) {
    const inner = await must(["find", group, "-depth", "-type", "d"]);
    for (const dir of inner.split("\n").filter((path) => path !== "")) {
      try {
        rmdirSync(dir);
      } catch {}
    }
    if (!existsSync(group)) return;
    await Bun.sleep(PAUSE_MS);
  }
}
