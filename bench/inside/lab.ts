import { join } from "node:path";
import type { AttachmentParameters } from "../../tests/support/chain.ts";
import { mapTcp } from "../../tests/support/dbnet.ts";
import type { Container, Host, Outside } from "../../tests/support/host.ts";
import { Daemon } from "./daemon.ts";
import { executables, start, withStarts } from "./executables.ts";
import type { Neighbour, NeighbourOrder } from "./neighbour.ts";
import { netavark } from "./netavark.ts";
import { type Processor, spent, threadTimes } from "./processor.ts";
import type { Subject } from "./subject.ts";
import type { DaemonStart, Order } from "./way.ts";

/** Times of one round in milliseconds. */
export interface Round {
  readonly add: number;
  readonly del: number;
}

/** What one operation took of the processors. */
export interface Work {
  readonly add: Processor;
  readonly del: Processor;
}

/** What stands in a worker's world: the throwaway host, one container, what is measured on it. */
export class Lab {
  readonly host: Host;
  readonly container: Container;
  readonly #subjects = new Map<string, Subject>();
  readonly #namespaces = new Map<string, Container>();
  readonly #endings: (() => Promise<void>)[] = [];
  #outside: Outside | undefined;
  #daemon: Daemon | undefined;
  #neighbour: Neighbour | undefined;

  constructor(host: Host, container: Container) {
    this.host = host;
    this.container = container;
  }

  /** Makes something that can be measured, under a name. */
  async open(id: string, order: Order): Promise<void> {
    const attachment = attachmentTo(this.container.netns);
    this.#subjects.set(id, await this.#subject(order, attachment));
  }

  /** One ADD and one DEL of it. */
  async round(id: string): Promise<Round> {
    const subject = this.#named(id);
    return { add: await timed(() => subject.add()), del: await timed(() => subject.del()) };
  }

  /**
   * One ADD and one DEL, and what they took of the processors: of the daemon where there is one, of
   * this process otherwise. A pause behind each lets what the answer does not wait for come to its end.
   */
  async work(id: string, pauseMs: number): Promise<Round & { readonly work: Work }> {
    const pid = this.#daemon?.pid ?? process.pid;
    const measured = async (action: () => Promise<void>): Promise<[number, Processor]> => {
      const before = threadTimes(pid);
      const ms = await timed(action);
      await Bun.sleep(pauseMs);
      return [ms, spent(pid, before, threadTimes(pid))];
    };
    const subject = this.#named(id);
    const [add, addWork] = await measured(() => subject.add());
    const [del, delWork] = await measured(() => subject.del());
    return { add, del, work: { add: addWork, del: delWork } };
  }

  /** The daemon, started when it is first asked for. */
  async daemon(entries: string, start: DaemonStart = "unit"): Promise<Daemon> {
    this.#daemon ??= await Daemon.start(entries, start);
    return this.#daemon;
  }

  /** A further container, made when it is first asked for. */
  async namespace(name: string): Promise<Container> {
    const known = this.#namespaces.get(name) ?? (await this.host.container(name));
    this.#namespaces.set(name, known);
    return known;
  }

  /** A machine beyond the host. */
  async outside(): Promise<Outside> {
    this.#outside ??= await this.host.outside();
    return this.#outside;
  }

  /** Lets a neighbour begin to disturb. */
  async disturb(order: NeighbourOrder): Promise<void> {
    const { neighbour } = await import("./neighbour.ts");
    this.#neighbour = await neighbour(this, order);
  }

  /** Ends the disturbance. */
  async calm(): Promise<void> {
    await this.#neighbour?.();
    this.#neighbour = undefined;
  }

  /** Does something before this world ends. */
  atEnd(action: () => Promise<void>): void {
    this.#endings.push(action);
  }

  /** Ends what would outlive this process. */
  async close(): Promise<void> {
    await this.calm();
    for (const action of this.#endings) await action();
    await this.#daemon?.stop();
  }

  #named(id: string): Subject {
    const subject = this.#subjects.get(id);
    if (subject === undefined) throw new Error(`nothing is called ${id}`);
    return subject;
  }

  async #subject(order: Order, attachment: AttachmentParameters): Promise<Subject> {
    const { how } = order;
    switch (how.way) {
      case "executables":
        if (how.daemon !== undefined) await this.daemon(how.dir, how.daemon);
        return executables(how, order, attachment);
      case "runtime": {
        const { inProcess } = await loadInProcess(how.checkout);
        return inProcess(how.dir, attachment, order.dualStack);
      }
      case "kernel":
      case "floor": {
        const { kernelPart } = await import("./kernel-part.ts");
        return withStarts(kernelPart(attachment.netns), how.way === "floor" ? how.processes : 0);
      }
      case "veth": {
        const { vethAlone } = await import("./kernel-part.ts");
        return vethAlone(attachment.netns);
      }
      case "netavark":
        return netavark(how.program, attachment);
      case "start":
        return start(how.argv);
    }
  }
}

/** The chain in one process, of this checkout or of another one. */
async function loadInProcess(
  checkout: string | undefined,
): Promise<typeof import("./in-process.ts")> {
  if (checkout === undefined) return await import("./in-process.ts");
  const path = join(checkout, "bench/inside/in-process.ts");
  return (await import(path)) as typeof import("./in-process.ts");
}

/** The one attachment that is measured. */
function attachmentTo(netns: string): AttachmentParameters {
  return {
    containerId: "bench-container",
    netns,
    ifName: "eth0",
    capabilityArgs: { ...mapTcp(18080, 80), mac: "c2:11:22:33:44:55" },
  };
}

/** How long something takes, in milliseconds. */
export async function timed(action: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await action();
  return performance.now() - before;
}
