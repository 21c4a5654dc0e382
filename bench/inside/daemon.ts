import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SOCKET } from "../../tests/support/daemon.ts";
import { unitEnvironment } from "../../tests/support/unit.ts";
import { until } from "../../tests/support/until.ts";
import { spent, threadTimes } from "./processor.ts";
import type { DaemonStart } from "./way.ts";

/** What a node daemon costs while no call comes. */
export interface DaemonState {
  /** All that is mapped and in memory, pages of the program's file included (VmRSS). */
  readonly residentMiB: number;
  /** What no file holds, and the kernel cannot drop (RssAnon and RssShmem). */
  readonly ownMiB: number;
  /** Time on processors during the time watched, as a part of it. */
  readonly idleCpu: number;
}

const MIB_IN_KIB = 1024;

/** The node daemon of this world. */
export class Daemon {
  readonly #child: Bun.Subprocess;

  private constructor(child: Bun.Subprocess) {
    this.#child = child;
  }

  /** Starts the daemon that belongs to a directory of entry programs; ready when it listens. */
  static async start(entries: string, start: DaemonStart): Promise<Daemon> {
    const program = join(dirname(entries), "hawser");
    // Ends with this process, however that ends.
    const argv = ["setpriv", "--pdeathsig", "KILL", program, "daemon"];
    const env = { ...process.env, ...(start === "unit" ? unitEnvironment() : {}) };
    const child = Bun.spawn(argv, { env, stdout: "ignore", stderr: "ignore" });
    await until(`${program} daemon listens`, () => {
      if (child.exitCode === null) return existsSync(SOCKET);
      throw new Error(`${program} daemon has ended with ${child.exitCode}`);
    });
    return new Daemon(child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Watches it for a while without a call. */
  async state(watchMs: number): Promise<DaemonState> {
    // What the last call left to do is not idleness yet.
    await Bun.sleep(watchMs);
    const before = threadTimes(this.pid);
    await Bun.sleep(watchMs);
    const used = spent(this.pid, before, threadTimes(this.pid)).all;
    return { residentMiB: this.#mib("VmRSS"), ownMiB: this.ownMiB, idleCpu: used / watchMs };
  }

  /** Its memory that no file holds. */
  get ownMiB(): number {
    return this.#mib("RssAnon") + this.#mib("RssShmem");
  }

  #mib(name: string): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1]) / MIB_IN_KIB;
  }

  /** Ends it as a service manager does. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
  }
}
