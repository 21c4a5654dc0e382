/** The storm: faults of each kind that a scenario allows, at moments of chance. */
import { errorText } from "../../src/base/index.ts";
import { forgetNode, NotDone } from "../../src/fleet/index.ts";
import { StoreError } from "../../src/store/index.ts";
import type { Chance } from "./chance.ts";
import { DirectStore } from "./direct-store.ts";
import type { Backup } from "./engine.ts";
import type { Process } from "./process.ts";
import type { FaultKind } from "./scenario.ts";
import type { Host, World } from "./world.ts";

/** Milliseconds that stand for the quarantine where there is none. */
const NO_QUARANTINE_MS = 12_000;

/**
 * A machine whose own clock stands still believes too long: its hold is three quarters of the quarantine, so
 * that a shorter pause is within what is promised, whatever the clocks' rates and the leases.
 */
const FREEZE_PART = 0.2;

export class Storm {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #longMs: number;
  /** What ends the faults that last. */
  readonly #endings = new Set<() => void>();
  #backup: Backup | undefined;
  /** Machines that were frozen not long ago. */
  readonly #frozen = new Set<string>();
  #isOver = false;
  readonly #kinds: Record<FaultKind, (host: Host, ms: number) => void> = {
    delay: (_, ms) => this.#slow(ms),
    loss: (_, ms) => this.#bad("loss", ms),
    late: (_, ms) => this.#bad("late", ms),
    lie: (_, ms) => this.#bad("lie", ms),
    cut: (host, ms) => this.#cut(host, ms),
    down: (_, ms) => this.#down(ms),
    suspend: (host, ms) => this.#sleep(host, ms),
    freeze: (host) => this.#freeze(host),
    reboot: (host, ms) => this.#off(host, this.#chance.happens(0.5) ? 1000 : ms),
    drift: ({ machine }) => machine.drift(this.#chance.between(0.98, 1.02)),
    lease: (_, ms) => this.#leases(ms),
    compact: () => this.#world.engine.compact(),
    full: (_, ms) => this.#full(ms),
    // These happen at the steps of programs.
    kill: () => undefined,
    pause: () => undefined,
    "pause-add": () => undefined,
    restore: () => this.#restore(),
    forget: (host) => this.#forget(host),
    clone: (host, ms) => this.#clone(host, ms),
  };

  constructor(world: World) {
    this.#world = world;
    this.#chance = world.chance("storm");
    this.#longMs = world.scenario.config.quarantineMs ?? NO_QUARANTINE_MS;
    const steps = world.chance("steps");
    world.fate = (process, step) => this.#step(process, step, steps);
    this.#next();
  }

  /** Everything is well again from now on. */
  end(): void {
    this.#isOver = true;
    this.#world.fate = () => undefined;
    for (const ending of [...this.#endings]) ending();
  }

  #next(): void {
    const { timeline, scenario } = this.#world;
    timeline.after(this.#chance.between(0, 2 * scenario.faultEveryMs), () => {
      if (this.#isOver) return;
      if (scenario.drawn.length > 0) this.#fault(this.#chance.pick(scenario.drawn));
      this.#next();
    });
  }

  /** A program may be killed or paused at any of its steps. */
  #step(process: Process, step: string, chance: Chance): void {
    const { faults } = this.#world.scenario;
    const { isMember } = process;
    if (faults.has("kill") && chance.happens(isMember ? 0.001 : 0.003)) {
      this.#world.log(`${process.name} is killed: ${step}`);
      process.kill();
    } else if (
      faults.has(isMember ? "pause" : "pause-add") &&
      chance.happens(isMember ? 0.001 : 0.01)
    ) {
      const ms = this.#long(chance);
      this.#world.log(`${process.name} stops for ${ms} ms: ${step}`);
      process.pause();
      this.#until(ms, () => process.resume());
    }
  }

  #fault(kind: FaultKind): void {
    const ms = this.#long(this.#chance);
    const host = this.#chance.pick([...this.#world.hosts.values()]);
    if (!this.#world.scenario.faults.has(kind)) return;
    this.#world.log(`-- ${kind}, for ${ms} ms if it lasts`);
    this.#kinds[kind](host, ms);
  }

  #bad(kind: "loss" | "late" | "lie", ms: number): void {
    const { network, engine } = this.#world;
    network.weather[kind] = this.#chance.between(0.02, 0.3);
    if (kind === "lie") network.past.push(engine.backup());
    this.#until(ms, () => {
      network.weather[kind] = 0;
    });
  }

  #slow(ms: number): void {
    const { weather } = this.#world.network;
    weather.delayMs = this.#chance.between(50, 1500);
    this.#until(ms, () => {
      weather.delayMs = 2;
    });
  }

  #down(ms: number): void {
    const { network } = this.#world;
    network.isDown = true;
    network.breakConnections();
    this.#until(ms, () => {
      network.isDown = false;
    });
  }

  #full(ms: number): void {
    const { engine } = this.#world;
    engine.isFull = true;
    this.#until(ms, () => {
      engine.isFull = false;
    });
  }

  #sleep({ machine }: Host, ms: number): void {
    this.#world.log(`-- ${machine.name} sleeps`);
    machine.stop("goes on");
    this.#until(ms, () => machine.goOn());
  }

  /** One machine, some or all are cut off. */
  #cut(host: Host, ms: number): void {
    const { network, hosts } = this.#world;
    const some = [...hosts.values()].filter(() => this.#chance.happens(0.5));
    const cut = this.#chance.happens(0.6) ? [host] : some;
    for (const { machine } of cut) {
      this.#world.log(`-- ${machine.name} is cut off, for ${ms} ms`);
      network.cut.add(machine.name);
      this.#until(ms, () => network.cut.delete(machine.name));
    }
  }

  #freeze({ machine }: Host): void {
    const { quarantineMs } = this.#world.scenario.config;
    const most = quarantineMs === undefined ? 60_000 : quarantineMs * FREEZE_PART;
    // Several pauses within one hold would add up.
    if (this.#frozen.has(machine.name)) return;
    this.#frozen.add(machine.name);
    const ms = this.#chance.between(0, most);
    this.#world.log(`-- ${machine.name} is frozen, its clock too, for ${ms} ms`);
    machine.stop("stands still");
    this.#until(ms, () => machine.goOn());
    this.#world.timeline.after(2 * (quarantineMs ?? 0), () => this.#frozen.delete(machine.name));
  }

  /** The machine is off for a while, and starts with its disk. */
  #off(host: Host, ms: number): void {
    if (!host.isWanted) return;
    this.#world.log(`-- ${host.machine.name} is off, for ${ms} ms`);
    this.#world.halt(host);
    this.#until(ms, () => this.#world.reboot(host));
  }

  /** A backup is made, and later put in the engine's place. */
  #restore(): void {
    const { engine, network, judge } = this.#world;
    if (this.#backup === undefined) {
      this.#backup = engine.backup();
      return;
    }
    this.#world.log(`-- the engine is restored, to revision ${this.#backup.revision}`);
    network.breakConnections();
    engine.restore(this.#backup);
    judge.restored();
  }

  /** An administrator gives a machine up that is off, as has been seen. */
  #forget(host: Host): void {
    if (host.isWanted) return;
    const { engine, scenario, judge } = this.#world;
    const store = new DirectStore(engine);
    forgetNode(store, scenario.config.network, host.machine.node).catch((error: unknown) => {
      // A store that is full carries nothing out.
      const isPromised = error instanceof NotDone || error instanceof StoreError;
      if (!isPromised) judge.breach(`forget: ${errorText(error)}`);
    });
  }

  /** A second machine with a copy of the disk, for a while. */
  #clone(host: Host, ms: number): void {
    const { machine } = host;
    const name = `${machine.name}-copy`;
    if (this.#world.hosts.has(name) || machine.name.endsWith("-copy")) return;
    const { picture, reservations } = machine.disk;
    const copy = { picture, reservations: new Map(reservations) };
    const clone = this.#world.boot(name, machine.node, copy);
    for (let at = 0; at < 4; at++) {
      this.#world.timeline.after(this.#chance.between(0, ms), () => {
        if (clone.isWanted) this.#world.add(clone);
      });
    }
    this.#until(ms, () => this.#world.remove(clone));
  }

  #leases(ms: number): void {
    const { engine } = this.#world;
    if (this.#chance.happens(0.3)) {
      this.#world.log("-- all leases end");
      engine.endLeases();
      return;
    }
    const factor = this.#chance.pick([0.05, 0.3, 0.7, 2, 5]);
    this.#world.log(`-- leases last ${factor} times as long, for ${ms} ms`);
    engine.leaseFactor = () => factor;
    this.#until(ms, () => {
      engine.leaseFactor = () => 1;
    });
  }

  /** About the quarantine, or from a tenth of a second on, each scale alike. */
  #long(chance: Chance): number {
    if (chance.happens(0.4)) return Math.round(this.#longMs * chance.between(0.5, 3));
    return Math.round(100 * (this.#longMs / 100) ** chance.next());
  }

  /** Ends a fault after a time, or with the storm. */
  #until(ms: number, ending: () => unknown): void {
    const end = (): void => {
      if (this.#endings.delete(end)) ending();
    };
    this.#endings.add(end);
    this.#world.timeline.after(ms, end);
  }
}
