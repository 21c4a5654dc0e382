/** A simulated fleet: machines with their members and containers, a network, an engine, and a judge. */

import type { Ip } from "../../src/addr/index.ts";
import { errorText } from "../../src/base/index.ts";
import {
  type FleetView,
  followFleet,
  isInDoubt,
  type Member,
  type MemberOptions,
  type NodeFiles,
} from "../../src/fleet/index.ts";
import type { Store } from "../../src/store/index.ts";
import { add, del } from "./attachments.ts";
import { Chance } from "./chance.ts";
import { Engine } from "./engine.ts";
import { Judge } from "./judge.ts";
import { type Disk, Machine } from "./machine.ts";
import type { Mutant } from "./mutants.ts";
import { Network } from "./network.ts";
import { type Fate, Process } from "./process.ts";
import type { Scenario } from "./scenario.ts";
import { Timeline } from "./timeline.ts";

/** What makes a member: the product's own. */
export type MemberMaker = (options: MemberOptions) => Member;

export interface WorldOptions {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly makeMember: MemberMaker;
  readonly mutant?: Mutant;
  /** Daemons do not follow the fleet for their overlay where this is false. */
  readonly isFollowed?: boolean;
  /** Gets each line of what happens. */
  readonly trace?: (line: string) => void;
}

/** A machine with what its daemon and its runtime know. */
export interface Host {
  readonly machine: Machine;
  member: Member | undefined;
  process: Process | undefined;
  stop: AbortController | undefined;
  /** The fleet as the daemon has it. */
  view: FleetView | undefined;
  /** The daemon is started again when it dies. */
  isWanted: boolean;
  /** Containers of the runtime: those that live, and those whose DEL is still to come. */
  readonly containers: Set<string>;
  /** Those whose ADD waits. */
  readonly waiting: Set<string>;
}

export class World {
  readonly timeline = new Timeline();
  readonly scenario: Scenario;
  readonly engine: Engine;
  readonly network: Network;
  readonly judge: Judge;
  readonly hosts = new Map<string, Host>();
  /** What stops and kills processes at their steps; set by the faults. */
  fate: Fate["step"] = () => undefined;
  /** Counts of what happened, for the driver. */
  readonly counts = { served: 0, refused: 0, deleted: 0 };
  readonly #options: WorldOptions;
  #containers = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.scenario = options.scenario;
    this.engine = new Engine(this.timeline);
    this.network = new Network(this.timeline, this.engine, this.chance("network"));
    this.judge = new Judge(
      this.engine,
      () => [...this.hosts.values()].map(({ machine }) => machine),
      (text) => this.log(text),
    );
  }

  /** A stream of chance of its own for each purpose: one more question of one moves no other. */
  chance(purpose: string): Chance {
    return new Chance(`${purpose} ${this.#options.seed}`);
  }

  log(text: string): void {
    const { trace } = this.#options;
    trace?.(`${(this.timeline.now() / 1000).toFixed(3).padStart(10)}  ${text}`);
  }

  get isTraced(): boolean {
    return this.#options.trace !== undefined;
  }

  /** A machine that starts; with a disk, it is a clone of the machine with this node id. */
  boot(name: string, node = name, disk?: Disk): Host {
    const rate = this.scenario.faults.has("drift")
      ? this.chance(`rate ${name}`).between(0.98, 1.02)
      : 1;
    const machine = new Machine(
      this.timeline,
      name,
      node,
      disk ?? { picture: undefined, reservations: new Map() },
      rate,
    );
    const host: Host = {
      machine,
      member: undefined,
      process: undefined,
      stop: undefined,
      view: undefined,
      isWanted: true,
      containers: new Set(),
      waiting: new Set(),
    };
    this.hosts.set(name, host);
    this.startMember(host);
    return host;
  }

  /** Starts the daemon's member, which starts again whenever it dies. */
  startMember(host: Host): void {
    const { machine } = host;
    if (host.process?.isAlive === true || !host.isWanted || !this.hosts.has(machine.name)) return;
    const process = this.process(machine, `${machine.name}/member`);
    host.process = process;
    const stop = new AbortController();
    host.stop = stop;
    const member = this.#options.makeMember(this.#memberOptions(machine, process));
    host.member = member;
    this.log(`${process.name} starts`);
    process.onEnd(() => {
      this.log(`${process.name} is dead`);
      host.member = undefined;
      if (!stop.signal.aborted) this.timeline.after(2000, () => this.startMember(host));
    });
    // The program may be killed at its first step.
    if (this.#options.isFollowed !== false) this.#follow(host, process, stop.signal);
    member.run(stop.signal).then(
      () => process.kill(),
      (error: unknown) => {
        this.judge.breach(`${process.name} gives up: ${errorText(error)}`);
        process.kill();
      },
    );
  }

  /** Asks the daemon to end, as systemd does. */
  stopMember(host: Host): void {
    host.stop?.abort();
  }

  /** Everything that runs on the machine is gone, its containers too. */
  halt(host: Host): void {
    host.isWanted = false;
    host.machine.isOff = true;
    for (const process of [...host.machine.processes]) process.kill();
    for (const container of host.containers) this.judge.died(container);
  }

  /** The machine and its disk are gone for good. */
  remove(host: Host): void {
    this.halt(host);
    this.hosts.delete(host.machine.name);
  }

  /** The machine starts with the disk that it has. */
  reboot(host: Host): void {
    this.log(`${host.machine.name} starts`);
    host.isWanted = true;
    host.machine.reboot();
    this.startMember(host);
    // The runtime finds what it had, and frees it.
    for (const container of [...host.containers]) this.del(host, container);
  }

  /** Runs an ADD; gives its addresses to `answered`, or undefined when it was refused or died. */
  add(
    host: Host,
    answered: (addresses: readonly Ip[] | undefined) => void = () => undefined,
  ): void {
    const { machine } = host;
    const container = `${machine.name}-c${++this.#containers}`;
    const process = this.process(machine, `${machine.name}/ADD ${container}`);
    host.containers.add(container);
    const ended = (addresses: readonly Ip[] | undefined): void => {
      this.counts[addresses === undefined ? "refused" : "served"]++;
      this.log(`${process.name} -> ${addresses?.join(", ") ?? "refused"}`);
      if (host.waiting.delete(container)) this.#tellNeeds(host);
      if (addresses === undefined) this.del(host, container);
      answered(addresses);
    };
    const chance = new Chance(`${container} ${this.#options.seed}`);
    const need = (): void => {
      host.waiting.add(container);
      this.#tellNeeds(host);
    };
    const died = (): void => ended(undefined);
    let isEnded = false;
    process.onEnd(() => {
      if (!isEnded) died();
    });
    const { mutant } = this.#options;
    void add({ machine, process, container, judge: this.judge, chance, need, ...mutant?.add }).then(
      (addresses) => {
        isEnded = true;
        process.kill();
        ended(addresses);
      },
    );
  }

  del(host: Host, container: string): void {
    const { machine } = host;
    const process = this.process(machine, `${machine.name}/DEL ${container}`);
    this.judge.died(container);
    let isEnded = false;
    process.onEnd(() => {
      // A DEL that failed is tried again.
      if (!isEnded) this.timeline.after(5000, () => this.del(host, container));
    });
    void del(machine, process, container).then(() => {
      isEnded = true;
      process.kill();
      this.counts.deleted++;
      this.log(`${process.name} done`);
      host.containers.delete(container);
      host.process?.run(() => host.member?.changed());
    });
  }

  process(machine: Machine, name: string): Process {
    const process = new Process(name, { step: (one, step) => this.fate(one, step) });
    machine.add(process);
    return process;
  }

  /** What the daemon's overlay is made from. */
  #follow(host: Host, process: Process, signal: AbortSignal): void {
    const { config } = this.scenario;
    const chance = this.chance(`view ${process.name}`);
    void followFleet(
      {
        config,
        store: this.network.connect(host.machine.name, process),
        clock: host.machine.clock(process),
        chance: () => chance.next(),
        report: ({ text }) => this.log(`${process.name}: ${text}`),
        changed: (view, nodes) => {
          host.view = view;
          const { node, disk } = host.machine;
          if (disk.picture === undefined || !nodes.has(node)) return;
          if (isInDoubt(view, disk.picture)) process.run(() => host.member?.doubt());
        },
      },
      signal,
    );
  }

  #tellNeeds(host: Host): void {
    const subnets = this.scenario.config.subnets.map((_, subnet) => ({ subnet }));
    host.process?.run(() => host.member?.need([...host.waiting].flatMap(() => subnets)));
  }

  #memberOptions(machine: Machine, process: Process): MemberOptions {
    const { mutant } = this.#options;
    const store: Store = this.network.connect(machine.name, process);
    const files: NodeFiles = machine.files(process);
    return {
      config: this.scenario.config,
      node: machine.node,
      facts: { version: "simulated", machine: machine.name },
      store: mutant?.store?.(store) ?? store,
      files: mutant?.files?.(files, machine) ?? files,
      clock: mutant?.clock?.(machine.clock(process)) ?? machine.clock(process),
      chance: () => this.network.chance.next(),
      report: ({ kind, text }) => this.log(`${process.name}: ${kind}: ${text}`),
    };
  }
}
