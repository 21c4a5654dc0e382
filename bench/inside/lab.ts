import type { AttachmentParameters } from "../../tests/support/chain.ts";
import { mapTcp } from "../../tests/support/dbnet.ts";
import type { Container, Host, Outside } from "../../tests/support/host.ts";
import { Daemon } from "./daemon.ts";
import { executables, start, withStarts } from "./executables.ts";
import { netavark } from "./netavark.ts";
import type { Subject } from "./subject.ts";
import type { Order } from "./way.ts";

/** Times of one round in milliseconds. */
export interface Round {
  readonly add: number;
  readonly del: number;
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
    const subject = this.#subjects.get(id);
    if (subject === undefined) {
      throw new Error(`nothing is called ${id}`);
    }
    return { add: await timed(() => subject.add()), del: await timed(() => subject.del()) };
  }

  /** The daemon, started when somebody first asks for it. */
  async daemon(entries: string): Promise<Daemon> {
    this.#daemon ??= await Daemon.start(entries);
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

  /** Does something before this world ends. */
  atEnd(action: () => Promise<void>): void {
    this.#endings.push(action);
  }

  /** Ends what would outlive this process. */
  async close(): Promise<void> {
    for (const action of this.#endings) {
      await action();
    }
    await this.#daemon?.stop();
  }

  async #subject(order: Order, attachment: AttachmentParameters): Promise<Subject> {
    const { how } = order;
    switch (how.way) {
      case "executables":
        if (how.daemon === true) {
          await this.daemon(how.dir);
        }
        return executables(how, order, attachment);
      case "runtime": {
        const { inProcess } = await import("./in-process.ts");
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
