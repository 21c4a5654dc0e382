/** A program that runs on a machine: it can be paused and killed between any two steps. */

/** Takes part in what stops and kills it from outside. */
export interface Fate {
  /** Called at each step: may pause or kill the process. */
  step(process: Process, step: string): void;
}

export class Process {
  readonly name: string;
  readonly isMember: boolean;
  readonly #fate: Fate;
  readonly #held: (() => void)[] = [];
  readonly #endings: (() => void)[] = [];
  /** How many reasons stop it now: its own and its machine's. */
  #stops = 0;
  #isAlive = true;

  constructor(name: string, fate: Fate) {
    this.name = name;
    this.isMember = name.endsWith("/member");
    this.#fate = fate;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isStopped(): boolean {
    return this.#stops > 0;
  }

  /** Does the work when the process runs: now, or when it goes on; never when it is dead. */
  run(work: () => void): void {
    if (!this.#isAlive) return;
    if (this.isStopped) this.#held.push(work);
    else work();
  }

  /** A point where the process may be paused or die: resolves when it goes on, never when it is dead. */
  async step(name: string): Promise<void> {
    if (this.#isAlive) this.#fate.step(this, name);
    if (this.#isAlive && !this.isStopped) return;
    await new Promise<void>((resolve) => this.run(resolve));
  }

  /** Stops until as many calls of `resume` have been made. */
  pause(): void {
    this.#stops++;
  }

  resume(): void {
    this.#stops--;
    while (this.#isAlive && !this.isStopped) {
      const [work] = this.#held.splice(0, 1);
      if (work === undefined) return;
      work();
    }
  }

  /** Nothing of the process goes on from here. */
  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#held.length = 0;
    for (const ending of this.#endings) ending();
  }

  /** Called when the process is killed: what the kernel does for it. */
  onEnd(ending: () => void): void {
    this.#endings.push(ending);
  }
}
