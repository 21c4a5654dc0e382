import { type ChildProcess, spawn } from "node:child_process";
import { type Dirent, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Exchange, Finding } from "../check.ts";
import { PRIVATE_DIRS } from "./hidden.ts";
import { below } from "./inside.ts";
import type { Machine } from "./machine.ts";
import { damageOf, type Mounts, mountsOf } from "./mounts.ts";
import { type Ended, type RunOptions, runBounded } from "./run.ts";

/**
 * A host of its own for one check: network, mounts, processes. All that happens in it ends with it,
 * whatever the subject has started there. The machine's file system is read-only inside; /run, /tmp
 * and the directories of CNI are empty and go with the world.
 */

/** How a command in a world is run. */
export interface WorldRun {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly keepsStdin?: boolean;
  readonly timeoutMs?: number;
  /** Set for a call of the subject: the parameters that a failure shows. */
  readonly shownEnv?: Readonly<Record<string, string>>;
  /** Not written to the transcript. */
  readonly silent?: boolean;
}

const COMMAND_MS = 10_000;
const START_MS = 20_000;

/** Constant text: nothing that a caller says is in it. A mount keeps its flags, since in a user namespace
 * the kernel refuses to take one away; what a subject fills with files is bounded. A directory of the subject's that the machine
 * does not have is laid over the nearest one that it has, where the kernel lets a user do so. The first process of a world runs
 * it; it ends when the suite closes its input. */
const FIRST_PROCESS = `
while read -r _ _ _ _ at flags _; do
  case $at in
    /proc*|/sys*|/dev/pts) ;;
    *) mount -o "bind,remount,ro\${flags#r[ow]}" "$at" 2>/dev/null || : ;;
  esac
done </proc/self/mountinfo
tmpfs() { mount -t tmpfs -o size=64m,nr_inodes=65536 tmpfs "$1"; }
tmpfs /run
mkdir -m 0755 /run/conformance /run/conformance/bin /run/conformance/tmp
mount -t sysfs sysfs /sys 2>/dev/null || :
make() {
  case $1 in *[:,\\\\]*) return ;; /*) ;; *) return ;; esac
  at=$1
  while [ ! -d "$at/" ]; do at=\${at%/*}; done
  mkdir -p "/run/conformance/made$1"
  mount -t overlay -o "ro,lowerdir=/run/conformance/made$at:$at" overlay "$at" 2>/dev/null || :
}
of=machine
for dir in "$@"; do
  if [ "$dir" = -- ]; then of=subject; continue; fi
  if [ ! -d "$dir" ] && [ $of = subject ]; then make "$dir"; fi
  if [ -d "$dir" ]; then tmpfs "$dir"; fi
done
if [ ! -d /var/lib/cni ]; then
  tmpfs /var/lib
  mkdir /var/lib/cni
fi
ip link set lo up
echo ready
exec cat
`;

export class World implements AsyncDisposable {
  readonly #machine: Machine;
  readonly #holder: ChildProcess;
  readonly #pid: number;
  readonly #transcript: Exchange[];
  readonly #mounts: Mounts;
  readonly #interrupt = (): void => void this.#end();
  #ending: Promise<void> | undefined;
  /** How a call of the subject ended the world. */
  #lostBy: string | undefined;

  private constructor(machine: Machine, holder: ChildProcess, pid: number, log: Exchange[]) {
    this.#machine = machine;
    this.#holder = holder;
    this.#pid = pid;
    this.#transcript = log;
    this.#mounts = mountsOf(pid);
    machine.signal?.addEventListener("abort", this.#interrupt);
    if (machine.signal?.aborted === true) this.#interrupt();
  }

  /** Makes a world; `directories` are hidden by empty ones inside it. */
  static async create(
    machine: Machine,
    directories: readonly string[] = [],
    transcript: Exchange[] = [],
  ): Promise<World> {
    if (machine.signal?.aborted === true) throw new Error("interrupted");
    const hidden = [...PRIVATE_DIRS, "/dev/shm", "--", ...directories];
    const holder = spawn(
      "unshare",
      [...machine.unshare, "sh", "-ec", FIRST_PROCESS, "world", ...hidden],
      { env: { PATH: machine.path }, stdio: ["pipe", "pipe", "pipe"], cwd: "/", detached: true },
    );
    try {
      await ready(holder);
      return new World(machine, holder, firstProcess(holder), transcript);
    } catch (error) {
      holder.kill("SIGKILL");
      throw error;
    }
  }

  get machine(): Machine {
    return this.#machine;
  }

  get transcript(): readonly Exchange[] {
    return this.#transcript;
  }

  /** True after a command had to be killed: what it started may still run here. */
  get isLost(): boolean {
    return this.#ending !== undefined;
  }

  /** What the subject has made of the mounts of its host; undefined when they are as they were. */
  damage(): string | undefined {
    return this.isLost ? undefined : damageOf(this.#mounts, mountsOf(this.#pid));
  }

  /**
   * Runs a command inside. It does not throw for what the command does.
   * @throws Finding when a call of the subject had to be killed before, and the world with it
   */
  async run(argv: readonly string[], run: WorldRun = {}): Promise<Ended> {
    if (this.#lostBy !== undefined) {
      throw new Finding({
        expected: "each call of the subject ends by itself",
        came: this.#lostBy,
      });
    }
    const way = ["nsenter", "--target", String(this.#pid), ...this.#machine.nsenter, "--"];
    const options: RunOptions = {
      hidden: way.length,
      env: { PATH: this.#machine.path, TMPDIR: "/run/conformance/tmp", ...run.env },
      timeoutMs: run.timeoutMs ?? COMMAND_MS,
      threads: () => this.#threads(),
      ...(run.stdin === undefined ? {} : { stdin: run.stdin }),
      ...(run.keepsStdin === undefined ? {} : { keepsStdin: run.keepsStdin }),
      ...(run.shownEnv === undefined ? {} : { shownEnv: run.shownEnv }),
    };
    const ended = await runBounded([...way, ...argv], options);
    if (run.silent !== true) this.#transcript.push(ended.exchange);
    if (ended.killed !== undefined) {
      if (run.shownEnv !== undefined) this.#lostBy = ended.killed;
      await this.#end();
    }
    return ended;
  }

  /** How many threads run inside; too many to be counted where the subject has hidden them. */
  #threads(): number {
    const proc = `/proc/${this.#pid}/root/proc`;
    try {
      const processes = readdirSync(proc).filter((name) => /^\d+$/u.test(name));
      return processes.reduce((sum, id) => sum + tasksOf(join(proc, id, "task")), 0);
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  /** Runs a command that has to succeed, and gives its standard output. */
  async must(argv: readonly string[], run: WorldRun = {}): Promise<string> {
    const ended = await this.run(argv, run);
    if (ended.exitCode === 0) return ended.stdout;
    const why = ended.killed ?? ended.stderr.trim();
    throw new Error(`\`${argv.join(" ")}\` failed: ${why}`);
  }

  /** Starts a command that stays until the world ends. */
  background(argv: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    const way = ["--target", String(this.#pid), ...this.#machine.nsenter, "--"];
    const child = spawn("nsenter", [...way, ...argv], {
      env: { PATH: this.#machine.path, ...env },
      stdio: "ignore",
      cwd: "/",
      detached: true,
    });
    child.on("error", () => undefined);
    child.unref();
  }

  /** A path inside the world as this process reaches it. */
  outside(path: string): string {
    return below(`/proc/${this.#pid}/root`, path);
  }

  /** Writes a file inside, with its directories. */
  write(path: string, content: string | Uint8Array, mode = 0o644): void {
    const there = this.outside(path);
    mkdirSync(dirname(there), { recursive: true });
    writeFileSync(there, content, { mode });
  }

  /** The text of a file inside; undefined when there is none. */
  read(path: string): string | undefined {
    try {
      return readFileSync(this.outside(path), "utf8");
    } catch {
      return undefined;
    }
  }

  /** Removes what is there, and of a link the link. */
  remove(path: string): void {
    rmSync(join(this.outside(dirname(path)), basename(path)), { recursive: true, force: true });
  }

  /** All files below a directory inside, in order; none when it is not there. Links are not followed. */
  files(path: string): string[] {
    let entries: Dirent[];
    try {
      entries = readdirSync(this.outside(path), { withFileTypes: true });
    } catch {
      return [];
    }
    const sorted = entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    return sorted.flatMap((entry) => {
      const inside = `${path}/${entry.name}`;
      return entry.isDirectory() ? this.files(inside) : [inside];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  /** The kernel ends all processes of a world with its first one. */
  async #end(): Promise<void> {
    this.#ending ??= this.#kill();
    await this.#ending;
  }

  async #kill(): Promise<void> {
    this.#machine.signal?.removeEventListener("abort", this.#interrupt);
    const gone = new Promise<void>((resolve) => {
      if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) resolve();
      this.#holder.once("exit", () => resolve());
    });
    try {
      process.kill(this.#pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    this.#holder.stdin?.destroy();
    await gone;
  }
}

/** Waits until the first process has made its surroundings. */
async function ready(holder: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = "";
  const timer = setTimeout(() => reject(new Error("a world did not start in time")), START_MS);
  holder.stdin?.on("error", () => undefined);
  holder.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  holder.stdout?.on("data", () => resolve());
  holder.on("error", reject);
  holder.on("exit", () => reject(new Error(`a world could not be made: ${said.trim()}`)));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** The child of unshare, which is process 1 inside. */
function firstProcess({ pid }: ChildProcess): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const first = Number(children.split(" ", 1)[0]);
  if (children === "" || !Number.isInteger(first)) throw new Error("a world has no first process");
  return first;
}

function tasksOf(dir: string): number {
  try {
    return readdirSync(dir).length;
  } catch {
    return 0; // It has ended.
  }
}
