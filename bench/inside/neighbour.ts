import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ChainResult,
  callEnvironment,
  type Operation,
  type PluginObject,
} from "../../tests/support/chain.ts";
import { must, type RunAnswer, run } from "../../tests/support/exec.ts";
import type { Lab } from "./lab.ts";

/** A neighbour of the container that is measured, by what it does to the node. */
export interface NeighbourOrder {
  /** The directory of entry programs. */
  readonly dir: string;
  readonly does: "nothing" | "hang" | "flood" | "answer";
  /** Calls that hang. */
  readonly calls: number;
  /** Routes that a container fills its own namespace with. */
  readonly routes: number;
  /** Bytes of a delegate's answer. */
  readonly bytes: number;
}

/** Goes on until it is stopped. */
export type Neighbour = () => Promise<void>;

const RESERVATIONS = "/var/lib/cni/networks";
const PLUGINS = "/run/bench-plugins";
const BATCH = "/run/bench-routes";
/** What a neighbour's own processes take of the processors is not what is measured. */
const NICE = ["nice", "-n", "19"] as const;
/** Time that a disturbance takes to be at its height, in milliseconds. */
const SETTLE_MS = 2500;
/** Routes that the container goes on to set and remove. */
const RESTLESS = 500;

/** Lets a neighbour begin; it is at it when this resolves. */
export async function neighbour(lab: Lab, order: NeighbourOrder): Promise<Neighbour> {
  const begin = { nothing, hang, flood, answer }[order.does];
  const stop = await begin(lab, order);
  if (order.does !== "nothing") await Bun.sleep(SETTLE_MS);
  return stop;
}

async function nothing(): Promise<Neighbour> {
  return await Promise.resolve(async () => {});
}

/** Many DELs of a network whose lock is never released. */
async function hang(_: Lab, { dir, calls }: NeighbourOrder): Promise<Neighbour> {
  const directory = join(RESERVATIONS, "hung");
  mkdirSync(directory, { recursive: true });
  const script = `exec 9>${directory}/lock; flock -x 9; echo locked; exec sleep infinity`;
  const lock = mortal(["bash", "-c", script]);
  const holder = Bun.spawn(lock, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  await holder.stdout.getReader().read();
  const children: Bun.Subprocess[] = [holder];
  const stdin = new TextEncoder().encode(JSON.stringify(network("hung", 201)));
  for (let at = 0; at < calls; at++) {
    const attachment = { containerId: `hung-${at}`, netns: "", ifName: "eth0" };
    const env = callEnvironment("DEL", dir, attachment);
    const argv = mortal([join(dir, "bridge")]);
    children.push(Bun.spawn(argv, { env, stdin, stdout: "ignore", stderr: "ignore" }));
  }
  return async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(({ exited }) => exited));
  };
}

/** A container with many routes of its own that go on changing, and that is checked all the time. */
async function flood(lab: Lab, { dir, routes }: NeighbourOrder): Promise<Neighbour> {
  const { netns } = await lab.namespace("flooded");
  const config = network("flooded", 202);
  const call = caller(dir, "flooded", netns);
  const added = await call("ADD", config);
  const prevResult = JSON.parse(added.stdout) as ChainResult;
  const place = (at: number): string => `11.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32 dev eth0`;
  const batch = async (verbs: readonly string[], from: number, to: number): Promise<void> => {
    const numbers = Array.from({ length: to - from }, (_, at) => from + at);
    const lines = verbs.flatMap((verb) => numbers.map((at) => `route ${verb} ${place(at)}`));
    writeFileSync(BATCH, `${lines.join("\n")}\n`);
    await must([...NICE, "ip", "-n", "flooded", "-batch", BATCH]);
  };
  await batch(["add"], 0, routes);
  return untilStopped(
    [
      () => call("CHECK", { ...config, prevResult }),
      () => batch(["add", "del"], routes, routes + RESTLESS),
    ],
    async () => void (await call("DEL", config)),
  );
}

/** ADDs with a delegate whose answer is endless, one behind the other. */
async function answer(lab: Lab, { dir, bytes }: NeighbourOrder): Promise<Neighbour> {
  const { netns } = await lab.namespace("flooded");
  mkdirSync(PLUGINS, { recursive: true });
  const program = join(PLUGINS, "endless");
  const endless = `test "$CNI_COMMAND" != ADD || yes 1234567 | head -c ${bytes}`;
  writeFileSync(program, `#!/bin/sh\n${endless}\n`);
  chmodSync(program, 0o755);
  const config = { ...network("answers", 203), ipam: { type: "endless" } };
  const call = caller(dir, "answers", netns);
  return untilStopped([() => call("ADD", config)], async () => {
    await call("DEL", config);
    rmSync(PLUGINS, { recursive: true });
  });
}

function network(name: string, subnet: number): PluginObject {
  return {
    ...{ cniVersion: "1.0.0", name, type: "bridge", bridge: `br-${name}` },
    ipam: { type: "host-local", subnet: `10.${subnet}.0.0/16` },
  };
}

function caller(
  dir: string,
  containerId: string,
  netns: string,
): (operation: Operation, config: PluginObject) => Promise<RunAnswer> {
  return async (operation, config) => {
    const env = callEnvironment(operation, dir, { containerId, netns, ifName: "eth0" });
    const stdin = JSON.stringify(config);
    return await run([...NICE, join(dir, "bridge")], {
      ...{ stdin, env: { ...env, CNI_PATH: `${dir}:${PLUGINS}` } },
    });
  };
}

/** Does each work again and again, side by side, and what is to be done at the end. */
function untilStopped(works: readonly (() => Promise<unknown>)[], atEnd: Neighbour): Neighbour {
  let isStopped = false;
  const again = async (work: () => Promise<unknown>): Promise<void> => {
    while (!isStopped) await work();
  };
  const all = Promise.all(works.map(again));
  return async () => {
    isStopped = true;
    await all;
    await atEnd();
  };
}

/** A program that ends with this process. */
function mortal(argv: readonly string[]): string[] {
  return [...NICE, "setpriv", "--pdeathsig", "KILL", ...argv];
}
