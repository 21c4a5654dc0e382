import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import { existsSync } from "node:fs";
import { must } from "./exec.ts";
import { type Container, Host, type Outside } from "./host.ts";
import { OwnExecutables } from "./own-executables.ts";
import { leaks } from "./shared-objects.ts";
import { diff, type Snapshot } from "./snapshot.ts";
import { type Greeter, startGreeter } from "./traffic.ts";

/** Name of the device that a lab may have, and the addresses behind it. */
export const DEVICE = "dev5";
export const LAN4 = "10.1.0.1";
export const LAN6 = "fd00:10:1::1";

export interface LabOptions {
  /** The containers that each test begins with; `one` alone when absent. */
  readonly containers?: readonly string[];
  /** What changes are counted from: the host, or the host with its containers. */
  readonly remembers?: "host" | "containers";
  /** Gives the host a device with a LAN behind it, anew for each test. */
  readonly device?: "up" | "down";
  /** Our plugins that are wanted as executables. */
  readonly executables?: readonly string[];
  /** A machine beyond the host, with a server. */
  readonly outside?: boolean;
  /** Prepares the host, once. */
  readonly prepare?: (lab: HostLab) => Promise<void>;
}

/** What is made for the tests of one file; each test finds it as new. */
export interface TestLab {
  /** Before the first test. */
  open?(): void | Promise<void>;
  /** Before each test. */
  begin?(): void | Promise<void>;
  /** After each test. */
  end?(): void | Promise<void>;
  /** After the last test. */
  close?(): void | Promise<void>;
}

/** Opens and closes a lab around the tests of the file that calls this at its top. */
export function forEachTest<L extends TestLab>(lab: L): L {
  beforeAll(async () => {
    await lab.open?.();
  });
  beforeEach(async () => {
    await lab.begin?.();
  });
  afterEach(async () => {
    await lab.end?.();
  });
  afterAll(async () => {
    await lab.close?.();
  });
  return lab;
}

/** A throwaway host for the tests of one file. */
export function hostLab(options: LabOptions = {}): HostLab {
  return forEachTest(new HostLab(options));
}

/** A host with the containers, servers and devices that tests use. */
export class HostLab implements TestLab {
  readonly one: Container = { name: "one", netns: "/run/netns/one" };
  readonly two: Container = { name: "two", netns: "/run/netns/two" };
  /** What is on the device's wire; its end is `lan0`. */
  readonly lan: Container = { name: "lan", netns: "/run/netns/lan" };
  readonly #options: LabOptions;
  readonly #containers = new Map<string, Container>();
  readonly #servers: Greeter[] = [];
  readonly #lasting: Greeter[] = [];
  #host: Host | undefined;
  #outside: Outside | undefined;
  #own: OwnExecutables | undefined;
  #clean: Snapshot | undefined;
  #remembered: readonly Container[] = [];

  constructor(options: LabOptions) {
    this.#options = options;
  }

  get host(): Host {
    return made(this.#host);
  }

  get outside(): Outside {
    return made(this.#outside);
  }

  /** The directory of our executables. */
  get own(): string {
    return made(this.#own).dir;
  }

  async open(): Promise<void> {
    const { executables = [], device, outside = false, prepare } = this.#options;
    this.#host = await Host.create();
    if (executables.length > 0) this.#own = new OwnExecutables(...executables);
    if (device !== undefined) await this.host.container(this.lan.name);
    if (outside) {
      this.#outside = await this.host.outside();
      await this.serveAlways(this.#outside);
    }
    await prepare?.(this);
  }

  async begin(): Promise<void> {
    const { containers = ["one"], device, remembers } = this.#options;
    if (device !== undefined) await this.plugIn(device);
    for (const name of containers) await this.container(name);
    if (remembers !== undefined) await this.remember();
  }

  /** Servers hold the namespaces of their containers, so they end first. */
  async end(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.stop()));
    const left = [...this.#containers.values()].filter(({ netns }) => existsSync(netns));
    this.#containers.clear();
    await Promise.all(left.map((container) => this.host.remove(container)));
    if (this.#options.device !== undefined) await this.unplug();
    await this.host.tidy();
  }

  async close(): Promise<void> {
    await Promise.all(this.#lasting.splice(0).map((server) => server.stop()));
    this.#own?.[Symbol.dispose]();
  }

  /** A container that is removed when the test ends. */
  async container(name: string): Promise<Container> {
    const container = await this.host.container(name);
    this.#containers.set(name, container);
    return container;
  }

  /** A server on port 80 that answers with the address it is asked from, until the test ends. */
  async serve(container: Container): Promise<Greeter> {
    const server = await startGreeter(container, 80);
    this.#servers.push(server);
    return server;
  }

  /** The same for all tests. */
  async serveAlways(container: Container): Promise<void> {
    this.#lasting.push(await startGreeter(container, 80));
  }

  /** Makes the device anew, which takes every link on it away. */
  async plugIn(state: "up" | "down" = "up"): Promise<void> {
    await this.unplug();
    const ip = (...words: string[]): Promise<string> => must(["ip", ...words]);
    await ip("link", "add", DEVICE, "type", "veth", "peer", "name", "lan0", "netns", "lan");
    await ip("-n", "lan", "address", "add", `${LAN4}/16`, "dev", "lan0");
    await ip("-n", "lan", "address", "add", `${LAN6}/64`, "dev", "lan0", "nodad");
    await ip("-n", "lan", "link", "set", "dev", "lan0", "up");
    if (state === "up") await ip("link", "set", "dev", DEVICE, "up");
  }

  /** Takes the device away, wherever it is. */
  async unplug(): Promise<void> {
    await must(["ip", "-n", "lan", "link", "delete", "lan0"]).catch(() => "");
  }

  /** Counts changes from now on. */
  async remember(): Promise<void> {
    const isHostAlone = this.#options.remembers === "host";
    this.#remembered = isHostAlone ? [] : [...this.#containers.values()];
    this.#clean = await this.host.snapshot(this.#remembered);
  }

  /** Every difference since then. */
  async differences(): Promise<string[]> {
    const all = diff(made(this.#clean), await this.host.snapshot(this.#remembered));
    const isHostAlone = this.#options.remembers === "host";
    return isHostAlone ? all.filter((line) => !line.includes("/run/netns/")) : all;
  }

  /** The differences that are the attachment's: what plugins share by design does not count. */
  async changes(): Promise<string[]> {
    return leaks(await this.differences());
  }
}

/** What a lab has only after it was opened. */
export function made<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the lab has that only inside a test");
  return value;
}
