/** One round of a keeper: reads what stands, and changes what is not as it is wanted. */

import { BatchError } from "../kernel/netlink/index.ts";
import type { Netns } from "../kernel/netns/index.ts";
import { link, RouteSocket } from "../kernel/route/index.ts";
import { type DeviceChange, WireguardSocket } from "../kernel/wireguard/index.ts";
import { sleep } from "../state/index.ts";
import type { Change } from "./change.ts";
import { desiredOf } from "./desired.ts";
import { planDevice } from "./device.ts";
import { letPass, letPassNoMore } from "./forward.ts";
import { DeviceTrouble, makeDevice, type Workplace } from "./make-device.ts";
import { deviceName, hasDevice } from "./names.ts";
import { planChanges } from "./plan.ts";
import { ownTrouble, type SoundPeer, screenPeers } from "./screen.ts";
import { setProxyArp } from "./settings.ts";
import { readStanding, type Standing } from "./standing.ts";
import { strangersInTheWay } from "./strangers.ts";
import { type Underlay, UnderlayError, underlayAt } from "./underlay.ts";
import type { WantedOverlay } from "./wanted.ts";
import { type EndpointMemory, planWireguard, type WireguardPlan } from "./wireguard.ts";
import { WireguardKey } from "./wireguard-key.ts";

/** So many messages are sent before others in this process have their turn. */
const SLICE = 1024;

export interface RoundOptions {
  readonly netns: Netns | undefined;
  /** File of the WireGuard key; there for that kind. */
  readonly keyPath: string | undefined;
  readonly endpoints: EndpointMemory;
}

export interface Outcome {
  /** How many changes the kernel was asked for. */
  readonly changes: number;
  readonly troubles: readonly string[];
  /** Sentences about what other nodes have not said yet. */
  readonly unsaid: readonly string[];
  /** Names of links whose events matter. */
  readonly links: ReadonlySet<string>;
}

export async function keepOnce(wanted: WantedOverlay, options: RoundOptions): Promise<Outcome> {
  using round = new Round(wanted, options);
  await round.run();
  const { changes, troubles, unsaid, links } = round;
  return { changes, troubles, unsaid, links };
}

class Round implements Disposable {
  changes = 0;
  readonly troubles: string[] = [];
  unsaid: readonly string[] = [];
  readonly links = new Set<string>();
  readonly #wanted: WantedOverlay;
  readonly #options: RoundOptions;
  readonly #socket: RouteSocket;
  #wireguard: WireguardPlan | undefined;

  constructor(wanted: WantedOverlay, options: RoundOptions) {
    this.#wanted = wanted;
    this.#options = options;
    this.#socket = RouteSocket.open(options.netns);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async run(): Promise<void> {
    const wanted = this.#wanted;
    const { network, subnets, kind, proxyArp = [] } = wanted;
    for (const name of [deviceName(network), ...proxyArp]) this.links.add(name);
    const trouble = ownTrouble(wanted);
    if (trouble !== undefined) {
      this.troubles.push(trouble);
      return;
    }
    const standing = readStanding(this.#socket, network, subnets, this.#options.netns);
    if (kind === "none") {
      await this.#clear(standing);
      return;
    }
    const { peers, troubles } = screenPeers(wanted);
    this.troubles.push(...troubles, ...strangersInTheWay(this.#socket, wanted, standing));
    try {
      const underlay = underlayAt(this.#socket, wanted.underlay);
      this.links.add(underlay.name);
      await this.#keep(standing, peers, underlay);
    } catch (error) {
      if (!(error instanceof DeviceTrouble || error instanceof UnderlayError)) throw error;
      this.troubles.push(error.message);
    }
    this.changes += setProxyArp(proxyArp, this.#options.netns);
  }

  async #keep(standing: Standing, peers: readonly SoundPeer[], underlay: Underlay): Promise<void> {
    const wanted = this.#wanted;
    const step = planDevice(wanted, standing, underlay.mtu);
    if (step.step === "refuse") throw new DeviceTrouble(step.trouble);
    const isThere = step.step === "keep" || step.step === "make" || step.step === "remake";
    const index = isThere
      ? makeDevice(this.#workplace(standing, peers), wanted, step)
      : underlay.index;
    const onLink = standing.others
      .filter((each) => each.index === underlay.index)
      .map(({ prefix }) => prefix.network());
    const desired = desiredOf(wanted, peers, underlay, onLink);
    // What belonged to a device that was made anew is gone with it.
    const left = step.step === "remake" ? withoutDevice(standing, step.found.index) : standing;
    const { changes, troubles } = planChanges(desired, left, index, hasDevice(wanted.kind));
    this.troubles.push(...desired.troubles, ...troubles);
    this.unsaid = desired.unsaid;
    const { network, kind, subnets } = wanted;
    const input = hasDevice(kind) ? deviceName(network) : underlay.name;
    this.changes += letPass(network, input, subnets, this.#options.netns);
    await this.#send(changes);
    this.#setWireguard(this.#wireguard?.last);
    if (step.step === "remove") this.#remove(step.found);
  }

  #workplace(standing: Standing, peers: readonly SoundPeer[]): Workplace {
    const { netns } = this.#options;
    const configure = (index: number): void => {
      if (this.#wanted.kind === "wireguard") this.#configure(index, standing, peers);
    };
    const changed = (count: number): void => {
      this.changes += count;
    };
    return { socket: this.#socket, netns, changed, configure };
  }

  #configure(index: number, { device }: Standing, peers: readonly SoundPeer[]): void {
    const { keyPath, endpoints } = this.#options;
    if (keyPath === undefined) {
      throw new DeviceTrouble("this node has no file for its WireGuard key");
    }
    const found = device?.link.index === index ? device.wireguard : undefined;
    const key = WireguardKey.open(keyPath);
    this.#wireguard = planWireguard(index, key, this.#wanted.port, peers, found, endpoints);
    this.#setWireguard(this.#wireguard.first);
  }

  #setWireguard(change: DeviceChange | undefined): void {
    if (change === undefined) return;
    using socket = WireguardSocket.open(this.#options.netns);
    if (socket === undefined) throw new DeviceTrouble("this kernel has no WireGuard");
    this.changes += socket.set(change);
  }

  /** Takes away all that is the network's own. */
  async #clear(standing: Standing): Promise<void> {
    const nothing = { addresses: [], forwarding: new Map(), neighbours: new Map() };
    const desired = { ...nothing, routes: new Map(), troubles: [], unsaid: [] };
    await this.#send(planChanges(desired, standing, 0, false).changes);
    if (standing.device !== undefined) this.#remove(standing.device.link);
    this.changes += letPassNoMore(this.#wanted.network, this.#options.netns);
  }

  #remove({ index }: link.Link): void {
    link.delete(this.#socket, index);
    this.changes++;
  }

  async #send(changes: readonly Change[]): Promise<void> {
    for (let at = 0; at < changes.length; at += SLICE) {
      if (at > 0) await sleep(0);
      const slice = changes.slice(at, at + SLICE);
      this.changes += slice.length;
      try {
        this.#socket.batch(
          slice.map(({ request }) => request),
          slice.map(({ operation }) => operation),
        );
      } catch (error) {
        if (!(error instanceof BatchError)) throw error;
        this.troubles.push(...error.failures.map((each) => each.error.message));
      }
    }
  }
}

function withoutDevice(standing: Standing, index: number): Standing {
  const { device: _, ...rest } = standing;
  return { ...rest, routes: rest.routes.filter((each) => each.index !== index) };
}
