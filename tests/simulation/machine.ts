/** A machine of the simulated fleet: its clock, its disk and what runs on it. */
import type { Ip } from "../../src/addr/index.ts";
import type { Clock, NodeFiles, Picture, Reserved } from "../../src/fleet/index.ts";
import { onAbort } from "./aborted.ts";
import { Lock } from "./lock.ts";
import type { Process } from "./process.ts";
import type { Timeline } from "./timeline.ts";

/** What outlives each process and each start of the machine. */
export interface Disk {
  picture: Picture | undefined;
  readonly reservations: Map<string, Reservation>;
}

export interface Reservation {
  readonly ip: Ip;
  readonly container: string;
}

export class Machine {
  readonly name: string;
  /** The node's id: that of another machine on a cloned disk. */
  readonly node: string;
  readonly disk: Disk;
  readonly processes = new Set<Process>();
  readonly lock = new Lock();
  /** It does not run: nothing on it reserves anything. */
  isOff = false;
  readonly #timeline: Timeline;
  readonly #watchers = new Set<() => void>();
  #boots = 1;
  /** The clock showed `shown` at the true time `since`, and goes at this rate from there. */
  #clock = { since: 0, shown: 0, rate: 1 };
  #rate: number;
  #isStopped = false;

  constructor(timeline: Timeline, name: string, node: string, disk: Disk, rate: number) {
    this.#timeline = timeline;
    this.name = name;
    this.node = node;
    this.disk = disk;
    this.#rate = rate;
    this.#clock = { since: timeline.now(), shown: 1000, rate };
  }

  get boot(): string {
    return `${this.name}-boot-${this.#boots}`;
  }

  /** CLOCK_BOOTTIME in milliseconds. */
  now(): number {
    const { since, shown, rate } = this.#clock;
    return shown + (this.#timeline.now() - since) * rate;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** The clock goes faster or slower from now on. */
  drift(rate: number): void {
    this.#rate = rate;
    if (this.#clock.rate !== 0) this.#anchor(rate);
  }

  add(process: Process): void {
    this.processes.add(process);
    if (this.#isStopped) process.pause();
    process.onEnd(() => this.processes.delete(process));
  }

  /** All processes stop; the clock goes on (a suspended machine) or stands still (a paused virtual one). */
  stop(clock: "goes on" | "stands still"): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    if (clock === "stands still") this.#anchor(0);
    for (const process of [...this.processes]) process.pause();
  }

  goOn(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#anchor(this.#rate);
    for (const process of [...this.processes]) process.resume();
  }

  /** Everything that runs is gone; the disk stays. */
  reboot(): void {
    for (const process of [...this.processes]) process.kill();
    this.#isStopped = false;
    this.isOff = false;
    this.#boots++;
    this.#clock = { since: this.#timeline.now(), shown: 0, rate: this.#rate };
  }

  clock(process: Process): Clock {
    return {
      now: () => this.now(),
      boot: this.boot,
      sleep: (ms, signal) => this.#sleep(process, ms, signal),
    };
  }

  files(process: Process): NodeFiles {
    return {
      read: async () => {
        await process.step("reads the picture");
        return this.disk.picture;
      },
      update: async (work) => {
        await process.step("takes the lock");
        await this.lock.take(process);
        try {
          await process.step("has the lock");
          const { picture, result } = work(this.disk.picture, this.reserved());
          await process.step("writes the picture");
          if (picture !== undefined) this.write(picture);
          await process.step("has written");
          return result;
        } finally {
          this.lock.release(process);
        }
      },
    };
  }

  reserved(): Reserved {
    const { reservations } = this.disk;
    return {
      addresses: () => [...reservations.values()].map(({ ip }) => ip),
      has: (ip) => reservations.has(ip.toString()),
    };
  }

  write(picture: Picture): void {
    this.disk.picture = picture;
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Calls at each change of the picture, until what it returns is called. */
  onPicture(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #anchor(rate: number): void {
    this.#clock = { since: this.#timeline.now(), shown: this.now(), rate };
  }

  /** Resolves when the picture has changed, or after a while. */
  async pictureChanged(process: Process, ms: number): Promise<void> {
    await this.#wait(process, ms, (wake) => {
      const off = this.onPicture(wake);
      process.onEnd(off);
      return off;
    });
  }

  async #sleep(process: Process, ms: number, signal?: AbortSignal): Promise<void> {
    await this.#wait(process, signal?.aborted === true ? 0 : ms, (wake) => onAbort(signal, wake));
  }

  /** Resolves after so long by the machine's clock, or when it is woken; `listen` gives what ends its listening. */
  async #wait(
    process: Process,
    ms: number,
    listen: (wake: () => void) => () => void,
  ): Promise<void> {
    const end = this.now() + ms;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        deaf();
        cancel();
        resolve();
      };
      const look = (): void => {
        process.run(() => {
          // A clock that stood still or slowed down is not there yet.
          const rest = end - this.now();
          if (rest <= 0) finish();
          else cancel = this.#timeline.after(Math.ceil(rest / this.#rate), look);
        });
      };
      let cancel = this.#timeline.after(Math.ceil(ms / this.#rate), look);
      const deaf = listen(() => process.run(finish));
    });
  }
}
