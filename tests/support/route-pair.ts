import { afterEach, beforeEach } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNetns, deleteNetns, Netns } from "../../src/kernel/netns/index.ts";
import { link, RouteSocket } from "../../src/kernel/route/index.ts";
import { KernelError } from "../../src/kernel/sys/index.ts";
import { failOnLeakedDescriptors } from "./descriptors.ts";
import { startable } from "./programs.ts";

/** Two network namespaces, fresh for each test, with a socket in each. */
export class Pair {
  readonly #directory = mkdtempSync(join(tmpdir(), "route-"));
  readonly host: Netns = this.#make("host");
  readonly cont: Netns = this.#make("cont");
  readonly onHost: RouteSocket = RouteSocket.open(this.host);
  readonly inCont: RouteSocket = RouteSocket.open(this.cont);

  /** A veth pair between the two, its host end `host0` a port of `br0`; gives the indexes. */
  connect(): { readonly host: number; readonly cont: number; readonly bridge: number } {
    const bridge = link.add(this.onHost, { name: "br0", kind: "bridge", up: true });
    const cont = link.add(this.inCont, {
      name: "eth0",
      kind: "veth",
      up: true,
      peer: { name: "host0", netns: this.host },
    });
    link.set(this.onHost, { name: "host0" }, { master: bridge, up: true });
    return { host: link.get(this.onHost, { name: "host0" })?.index ?? 0, cont, bridge };
  }

  end(): void {
    for (const owned of [this.onHost, this.inCont, this.host, this.cont]) owned.close();
    for (const name of ["host", "cont"]) deleteNetns(join(this.#directory, name));
    rmSync(this.#directory, { recursive: true });
  }

  #make(name: string): Netns {
    const path = join(this.#directory, name);
    createNetns(path);
    return Netns.open(path);
  }
}

/** Call it at the top of a test file: what it gives is the pair of the test that runs. */
export function pairForEachTest(): () => Pair {
  let pair: Pair | undefined;
  beforeEach(() => {
    pair = new Pair();
  });
  afterEach(() => {
    pair?.end();
  });
  // Registered after the hooks above: what those hold is no leak, and what a test opens is.
  failOnLeakedDescriptors();
  return () => {
    if (pair === undefined) throw new Error("there is a pair only inside a test");
    return pair;
  };
}

/** Runs a program inside a namespace and gives its output. */
export function runIn(netns: Netns, command: string): string {
  const [program = "", ...args] = startable([
    "nsenter",
    `--net=${netns.path}`,
    ...command.split(" "),
  ]);
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs a program of the `ip -j` sort inside a namespace and reads its output. */
export function jsonIn(netns: Netns, command: string): unknown[] {
  return JSON.parse(runIn(netns, command)) as unknown[];
}

/** The KernelError that an action must throw. */
export function refused(action: () => unknown): KernelError {
  try {
    action();
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
