import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import {
  type AttachmentParameters,
  type ChainResult,
  type Conflist,
  type Operation,
  runChain,
} from "../support/chain.ts";
import { addressOf, dbnet, mapTcp } from "../support/dbnet.ts";
import { failureOf } from "../support/fails.ts";
import { has } from "../support/features.ts";
import { ask } from "../support/greeter.ts";
import { type Container, Host, type Outside } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import {
  type Backend,
  debianPlugins,
  hawserPlugins,
  newestPlugins,
  type PluginSet,
} from "../support/plugin-sets.ts";
import { leaksAfterOthers } from "../support/shared-objects.ts";
import { diff } from "../support/snapshot.ts";
import { askFrom, type Greeter, startGreeter } from "../support/traffic.ts";

/**
 * What one implementation adds, the other checks and removes, in every direction that both
 * understand. Traffic is judged from inside the host, from a machine beyond it and by the address
 * under which the container is seen there.
 */

const HOST_PORTS = [18080, 18081] as const;
const SERVER_PORT = 80;

interface Pair {
  readonly adder: PluginSet;
  readonly remover: PluginSet;
  readonly backend: Backend | undefined;
}

interface Attached {
  readonly container: Container;
  readonly attachment: AttachmentParameters;
  readonly result: ChainResult;
  readonly hostPort: number;
  readonly greeter: Greeter;
}

function pairs(): Pair[] {
  const sets = [debianPlugins(), newestPlugins(), hawserPlugins()];
  const found: Pair[] = [];
  for (const adder of sets) {
    for (const remover of sets) {
      const both = adder.backends.filter((backend) => remover.backends.includes(backend));
      found.push(...both.map((backend) => ({ adder, remover, backend })));
    }
  }
  const own = hawserPlugins();
  return [...found, { adder: own, remover: own, backend: undefined }];
}

let host: Host;
let outside: Outside;
let outsideServer: Greeter | undefined;
const running: Greeter[] = [];
const containers: Container[] = [];

beforeAll(async () => {
  host = await Host.create();
  outside = await host.outside();
  outsideServer = await startGreeter(outside, SERVER_PORT);
});

afterAll(async () => {
  await outsideServer?.stop();
});

/** Servers hold the namespaces of their containers, so they end first. */
afterEach(async () => {
  await Promise.all(running.splice(0).map((greeter) => greeter.stop()));
  await Promise.all(containers.splice(0).map((container) => host.remove(container)));
  await host.tidy();
});

async function call(
  set: PluginSet,
  list: Conflist,
  operation: Operation,
  attached: Attached,
): Promise<void> {
  const { attachment, result } = attached;
  await runChain({ dir: set.dir, list, operation, attachment, prevResult: result });
}

async function attach(
  set: PluginSet,
  list: Conflist,
  container: Container,
  hostPort: number,
): Promise<Attached> {
  const attachment: AttachmentParameters = {
    containerId: `id-${container.name}`,
    netns: container.netns,
    ifName: "eth0",
    capabilityArgs: { ...mapTcp(hostPort, SERVER_PORT), mac: `c2:11:22:33:44:${hostPort % 100}` },
  };
  const added = await runChain({ dir: set.dir, list, operation: "ADD", attachment });
  const greeter = await startGreeter(container, SERVER_PORT);
  running.push(greeter);
  return { container, attachment, result: added.result ?? {}, hostPort, greeter };
}

async function expectReachable(attached: Attached): Promise<void> {
  const { container, hostPort, result } = attached;
  expect(await ask(addressOf(result, 4), SERVER_PORT)).toStartWith(container.name);
  expect(await ask(addressOf(result, 6), SERVER_PORT)).toStartWith(container.name);
  expect(await ask("127.0.0.1", hostPort)).toStartWith(container.name);
  const seen = { from4: `${container.name} ${outside.address4}` };
  expect({ from4: await askFrom(outside, outside.hostAddress4, hostPort) }).toEqual(seen);
  expect(await askFrom(outside, outside.hostAddress6, hostPort)).toContain(container.name);
  expect(await askFrom(container, outside.address4, SERVER_PORT)).toContain(outside.hostAddress4);
  expect(await askFrom(container, outside.address6, SERVER_PORT)).toContain(outside.hostAddress6);
}

/** Debian's portmap looks for the IPv4 rules in ip6tables, too: its CHECK always fails. */
function checkedBy(set: PluginSet, list: Conflist): Conflist {
  const plugins = list.plugins.filter(
    (plugin) => set.name !== "debian" || plugin["type"] !== "portmap",
  );
  return { ...list, plugins };
}

async function roundTrip({ adder, remover, backend }: Pair): Promise<void> {
  const list = dbnet({ backend, dualStack: true });
  const one = await host.container("one");
  const two = await host.container("two");
  containers.push(one, two);
  const clean = await host.snapshot(containers);
  const first = await attach(adder, list, one, HOST_PORTS[0]);
  const second = await attach(adder, list, two, HOST_PORTS[1]);
  await expectReachable(first);
  await expectReachable(second);
  await call(remover, checkedBy(remover, list), "CHECK", first);

  await call(remover, list, "DEL", first);
  await expectReachable(second);
  expect(await failureOf(ask("127.0.0.1", first.hostPort))).toBeDefined();
  await call(remover, list, "DEL", second);
  expect(leaksAfterOthers(diff(clean, await host.snapshot(containers)))).toEqual([]);

  await call(remover, list, "DEL", second);
  expect(leaksAfterOthers(diff(clean, await host.snapshot(containers)))).toEqual([]);
}

/** The program that a named backend is judged by, when this machine does not have it. */
function withoutProgram(backend: Backend | undefined): string | undefined {
  const program = backend === "iptables" ? "iptables" : "nft";
  return has(program) ? undefined : program;
}

describe("a dual-stack dbnet with masquerading and a port mapping", () => {
  for (const pair of pairs()) {
    const { adder, remover, backend } = pair;
    const missing = adder.missing ?? remover.missing ?? withoutProgram(backend);
    const name = `added by ${adder.name} is checked and removed by ${remover.name} (${backend ?? "own layout"})`;
    skipBecause(missing)(name, () => roundTrip(pair), 60_000);
  }
});
