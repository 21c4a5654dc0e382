import { basename } from "node:path";
import { Account, duration, ownExecutor, resultLines } from "../../src/cli/index.ts";
import { RouteSocket } from "../../src/kernel/route/index.ts";
import { type LoadedNetwork, Runtime, type RuntimeConf } from "../../src/runtime/index.ts";
import type { Result } from "../../src/spec/index.ts";
import {
  giveAddress,
  type Machine,
  makeContainer,
  type Outside,
  PLUGIN_DIR,
  PROGRAM,
  removeMachine,
  takeAddress,
} from "./host.ts";
import { added, judge, type Picture, takePicture } from "./picture.ts";
import * as proof from "./proofs.ts";
import type { Stage } from "./stage.ts";
import { serve } from "./traffic.ts";

const CONTAINER_PORT = 80;
const IFNAME = "eth0";
/** The kernel takes a namespace's links away a moment after the namespace. */
const SETTLE_MS = 3000;
const PAUSE_MS = 25;

/** What is particular to the show of one network. */
export interface ShowPlan {
  /** The gateway's address, when the network leaves it to the administrator of the host. */
  readonly gatewayByHand?: string;
  /** Addresses of the host whose ports lead to containers. */
  readonly hostAddresses: readonly string[];
  /** Whether containers reach what is beyond the host. */
  readonly outside: boolean;
  readonly macs: readonly [string, string];
  readonly hostPorts: readonly [number, number];
}

/** A container, how it was attached, and what came of it. */
export interface Attached {
  readonly machine: Machine;
  readonly conf: RuntimeConf;
  readonly mac: string;
  readonly hostPort: number;
  readonly result: Result;
}

/** One network from the first ADD to the last trace. */
export class NetworkShow {
  readonly #stage: Stage;
  readonly #network: LoadedNetwork;
  readonly #plan: ShowPlan;
  readonly #outside: Outside;
  readonly #path: string | undefined;
  readonly #servers = new AbortController();

  constructor(
    stage: Stage,
    network: LoadedNetwork,
    plan: ShowPlan,
    outside: Outside,
    path: string | undefined,
  ) {
    this.#stage = stage;
    this.#network = network;
    this.#plan = plan;
    this.#outside = outside;
    this.#path = path;
  }

  async run(): Promise<void> {
    const { config, file } = this.#network;
    const types = config.plugins.map(({ type }) => type).join(" → ");
    this.#stage.title(`${config.name}: ${types}  (${basename(file)}, CNI ${config.cniVersion})`);
    const before = takePicture();
    try {
      const [macs, ports] = [this.#plan.macs, this.#plan.hostPorts];
      const one = await this.#attach(`${config.name}-one`, macs[0], ports[0], false);
      this.#prepareBridge(one.result);
      const two = await this.#attach(`${config.name}-two`, macs[1], ports[1], true);
      await this.#prove(one, two);
      await this.#remove(one, two, before);
    } finally {
      this.#servers.abort();
    }
  }

  #runtime(account: Account): Runtime {
    return new Runtime({
      pluginDirs: [PLUGIN_DIR],
      executor: ownExecutor(PROGRAM),
      env: { PATH: this.#path },
      onStep: (step) => account.step(step),
      onPlugin: (report) => account.plugin(report),
      onWarning: (text) => this.#stage.note(`warning: ${text}`),
    });
  }

  async #attach(name: string, mac: string, hostPort: number, brief: boolean): Promise<Attached> {
    const machine = makeContainer(name);
    const mapping = { hostPort, containerPort: CONTAINER_PORT, protocol: "tcp" };
    const conf = {
      containerId: name,
      netns: machine.netns,
      ifName: IFNAME,
      capabilityArgs: { mac, portMappings: [mapping] },
    };
    this.#stage.part(`ADD ${name}   with MAC ${mac} and port ${hostPort} → ${CONTAINER_PORT}`);
    const runtime = this.#runtime(new Account(this.#stage.output, { brief }));
    const started = performance.now();
    const result = await runtime.add(this.#network.config, conf);
    this.#stage.note(`attached in ${duration(performance.now() - started)}`);
    this.#stage.output.write(resultLines(result, this.#stage.output));
    return { machine, conf, mac, hostPort, result };
  }

  /** dbnet has no isGateway: the bridge gets its address from the host's administrator. */
  #prepareBridge({ interfaces: [bridge] }: Result): void {
    const { gatewayByHand } = this.#plan;
    if (gatewayByHand === undefined || bridge === undefined) return;
    using socket = RouteSocket.open();
    giveAddress(socket, bridge.name, gatewayByHand);
    this.#stage.note(
      `${bridge.name} gets ${gatewayByHand} by hand: without "isGateway" that is the host's affair`,
    );
  }

  async #prove(one: Attached, two: Attached): Promise<void> {
    const { config } = this.#network;
    this.#stage.part("What is promised is there");
    for (const { machine } of [one, two]) {
      await serve(machine, CONTAINER_PORT, this.#servers.signal);
    }
    for (const attached of [one, two]) {
      await this.#stage.prove(`${attached.machine.name} has its MAC and addresses`, () =>
        proof.interfaceIsAsAsked(attached, IFNAME),
      );
      await this.#stage.prove(`${attached.machine.name} has net.core.somaxconn 500`, () =>
        proof.sysctlIs(attached.machine, "net/core/somaxconn", "500"),
      );
    }
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      for (const address of proof.addressesOf(to.result)) {
        await this.#stage.prove(`${from.machine.name} reaches ${to.machine.name} over TCP`, () =>
          proof.reaches(from, to, address, CONTAINER_PORT),
        );
      }
    }
    for (const address of this.#plan.hostAddresses) {
      for (const to of [one, two]) {
        await this.#stage.prove(`the host reaches ${to.machine.name} by its mapped port`, () =>
          proof.hostReaches(to, address),
        );
      }
    }
    if (this.#plan.outside) await this.#proveOutside(one);
    this.#stage.part("CHECK");
    const runtime = this.#runtime(new Account(undefined));
    for (const { conf, machine } of [one, two]) {
      await this.#stage.prove(`CHECK of ${machine.name} finds no difference`, async () => {
        await runtime.check(config, conf);
        return "";
      });
    }
    for (const damage of proof.DAMAGES) {
      await this.#stage.prove(`CHECK notices ${damage.what}`, () =>
        proof.checkNotices(damage, two, IFNAME, () => runtime.check(config, two.conf)),
      );
    }
  }

  async #proveOutside(one: Attached): Promise<void> {
    await serve(this.#outside, CONTAINER_PORT, this.#servers.signal);
    const { addresses, hostAddresses } = this.#outside;
    for (const [index, address] of addresses.entries()) {
      const host = hostAddresses[index] ?? "";
      await this.#stage.prove(`what ${one.machine.name} sends out bears the host's address`, () =>
        proof.isMasqueraded(one, address, CONTAINER_PORT, host),
      );
      await this.#stage.prove(
        `${one.machine.name} is reached from outside by its mapped port`,
        () => proof.outsideReaches(this.#outside, one, host, address),
      );
    }
  }

  /** One container is removed as it should be; the other's namespace is gone before its DEL. */
  async #remove(one: Attached, two: Attached, before: Picture): Promise<void> {
    const { config } = this.#network;
    this.#servers.abort();
    this.#stage.part(`DEL ${one.machine.name}`);
    await this.#runtime(new Account(this.#stage.output)).del(config, one.conf);
    removeMachine(one.machine);
    this.#stage.part(`DEL ${two.machine.name}, whose namespace is gone already`);
    removeMachine(two.machine);
    const brief = new Account(this.#stage.output, { brief: true });
    await this.#runtime(brief).del(config, two.conf);
    this.#takeBridgeBack(one.result);
    this.#stage.part("Nothing is left");
    const left = await settled(before);
    const { shared, stray } = judge(left);
    await this.#stage.prove(
      "no link, address, route, nftables element, reservation, cache or state file is left",
      () => {
        if (stray.length > 0) throw new Error(stray.join("\n"));
        return "";
      },
    );
    for (const reason of shared) this.#stage.note(`stays by design: ${reason}`);
  }

  #takeBridgeBack({ interfaces: [bridge] }: Result): void {
    const { gatewayByHand } = this.#plan;
    if (gatewayByHand === undefined || bridge === undefined) return;
    using socket = RouteSocket.open();
    takeAddress(socket, bridge.name, gatewayByHand);
  }
}

async function settled(before: Picture): Promise<string[]> {
  const until = performance.now() + SETTLE_MS;
  let left = added(before, takePicture());
  while (judge(left).stray.length > 0 && performance.now() < until) {
    await Bun.sleep(PAUSE_MS);
    left = added(before, takePicture());
  }
  return left;
}
