import { Ip } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import { type ClusterConfig, pathsOf } from "../../cluster/config/index.ts";
import type { CountedStore } from "../../cluster/index.ts";
import { Membership } from "../../cluster/member/index.ts";
import { BootClock } from "../../cluster/node/index.ts";
import { DiskNodeFiles, readPicture } from "../../cluster/picture/index.ts";
import { type MemberEvent, type Picture, servable } from "../../fleet/index.ts";
import { type Underlay, underlayOf } from "../../overlay/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { type FleetNetwork, type Holdings, holdingsOf } from "../../view/fleet/index.ts";
import type { Log } from "../observe/index.ts";
import { AddressChanges } from "./address-changes.ts";
import { factsOf, foreignAddresses, isSameUnderlay } from "./facts.ts";
import { clearOverlay, NetworkOverlay } from "./overlay.ts";
import type { Stores } from "./stores.ts";

/** Pauses between two looks at this node's address between the nodes: without one, and with one. */
const UNKNOWN_MS = 2000;
const KNOWN_MS = 60_000;
const RETRY_MS = 5000;

export interface RunningOptions {
  readonly found: FleetNetwork;
  readonly stores: Stores;
  readonly version: string;
  readonly log: Log;
}

/** What a fleet's network is like at one moment. */
export interface NetworkLook {
  /** This node's id. */
  readonly node?: string;
  /** What the node has; absent before it has joined. */
  readonly holdings?: Holdings;
  /** Why ADDs cannot be served; absent while they can. */
  readonly unready?: string;
  /** Everything that an administrator should look at, in sentences. */
  readonly warnings: readonly string[];
}

/** A fleet's network while the daemon takes part in it: its member and its overlay. */
export class RunningNetwork {
  readonly network: string;
  readonly cluster: ClusterConfig;
  readonly #options: RunningOptions;
  readonly #clock = new BootClock();
  readonly #end = new AbortController();
  readonly #done: Promise<void>;
  /** What is wrong with this node itself, such as an address that is the fleet's. */
  readonly #troubles = new Map<string, string>();
  #store: CountedStore | undefined;
  #membership: Membership | undefined;
  #overlay: NetworkOverlay | undefined;

  constructor(options: RunningOptions) {
    this.#options = options;
    this.cluster = options.found.cluster;
    this.network = this.cluster.fleet.network;
    this.#done = this.#run();
  }

  /** What stands now: the picture and the reservations are read once. */
  look(): NetworkLook {
    const picture = this.#picture();
    const { reservations } = pathsOf(this.cluster.place);
    const holdings = picture && holdingsOf(picture, reservations, this.#clock);
    const unready = this.#unready(picture, holdings);
    const node = this.#membership?.node ?? picture?.node;
    return { ...defined({ node, holdings, unready }), warnings: this.#warnings(unready) };
  }

  #unready(picture: Picture | undefined, holdings: Holdings | undefined): string | undefined {
    const serving = servable(picture, this.#clock);
    if (!serving.ok) return this.#why ?? serving.reason;
    const { addresses = 0, free = 0 } = holdings ?? {};
    // A node whose addresses all have containers is well, unless another one waits for its own.
    const isFull = free === 0 && (addresses === 0 || this.waiting > 0);
    return isFull && this.#why !== undefined ? `no address is left: ${this.#why}` : undefined;
  }

  /** Why the member does not get on; it may serve ADDs all the same. */
  get #why(): string | undefined {
    return this.#troubles.get("store") ?? this.#membership?.trouble;
  }

  get store(): CountedStore | undefined {
    return this.#store;
  }

  get overlay(): NetworkOverlay | undefined {
    return this.#overlay;
  }

  get waiting(): number {
    return this.#membership?.waiting ?? 0;
  }

  #warnings(unready: string | undefined): readonly string[] {
    const why = unready ?? this.#why;
    const away = this.#store?.trouble;
    const others = [...this.#troubles].flatMap(([kind, text]) => (kind === "store" ? [] : [text]));
    return [
      ...(why === undefined ? [] : [why]),
      ...(away === undefined || why?.includes(away) === true
        ? []
        : [`the store does not answer: ${away}`]),
      ...others,
      ...(this.#overlay?.troubles ?? []),
    ];
  }

  status(): JsonObject {
    const { found } = this.#options;
    const { fleet, store, overlay } = this.cluster;
    const { node, holdings, unready, warnings } = this.look();
    return {
      ...{ network: this.network, names: [...found.names], ready: unready === undefined },
      ...defined({ node }),
      subnets: fleet.subnets.map(String),
      store: {
        kind: store.kind,
        answers: this.#store !== undefined && this.#store.trouble === undefined,
      },
      ...(holdings === undefined ? {} : { holdings: { ...holdings } }),
      waiting: this.waiting,
      overlay: { kind: overlay.kind, ...this.#overlay?.status() },
      warnings: [...warnings],
    };
  }

  /** The node's networks that use the fleet's. */
  get names(): readonly string[] {
    return this.#options.found.names;
  }

  /**
   * Once this has ended, and nothing on this node uses the network any more. From now on others may be given
   * what the node held: no ADD reserves from it before the store has been asked anew.
   */
  async leave(): Promise<void> {
    try {
      const paths = pathsOf(this.cluster.place);
      if (readPicture(paths) !== undefined) {
        await new DiskNodeFiles(paths).update((picture) => {
          if (picture === undefined) return { result: undefined };
          const { confirmed: _, ...unconfirmed } = picture;
          return { picture: unconfirmed, result: undefined };
        });
      }
    } catch (error) {
      this.#trouble("picture", errorText(error));
      // What could still be given has to be reached.
      return;
    }
    await clearOverlay(this.cluster, (event) => this.#report(event));
  }

  /** Ends member and overlay in order; the session and the tunnels stay. */
  async end(): Promise<void> {
    this.#end.abort(new Error("the daemon ends its part in the network"));
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        await using use = await this.#options.stores.use(this.cluster.store);
        this.#store = use.store;
        this.#trouble("store", undefined);
        await this.#takePart(use.store, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble("store", errorText(error));
        await this.#clock.sleep(RETRY_MS, signal);
      } finally {
        this.#store = undefined;
        this.#membership = undefined;
        this.#overlay = undefined;
      }
    }
  }

  /** Member and overlay begin anew when this node's address between the nodes changes. */
  async #takePart(store: CountedStore, signal: AbortSignal): Promise<void> {
    using changes = new AddressChanges(this.#clock);
    let underlay = this.#lookForUnderlay();
    while (!signal.aborted) {
      const changed = new AbortController();
      const end = AbortSignal.any([signal, changed.signal]);
      const parts = this.#begin(store, underlay, end);
      while (!end.aborted) {
        if (underlay === undefined) await this.#clock.sleep(UNKNOWN_MS, end);
        else await changes.next(underlay.index, KNOWN_MS, end);
        const now = this.#lookForUnderlay();
        this.#lookAround();
        if (isSameUnderlay(now, underlay)) continue;
        underlay = now;
        changed.abort(new Error("the address between the nodes has changed"));
      }
      await parts;
    }
  }

  async #begin(
    store: CountedStore,
    underlay: Underlay | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster } = this;
    const { version } = this.#options;
    const report = (event: MemberEvent): void => this.#report(event);
    const facts = factsOf(cluster, underlay, version);
    const membership = new Membership({ cluster, store, facts, report });
    this.#membership = membership;
    const { bridges } = this.#options.found;
    this.#overlay = new NetworkOverlay({
      bridges,
      cluster,
      store,
      underlay,
      report,
      picture: () => this.#picture(),
      doubted: () => membership.doubt(),
    });
    await Promise.all([membership.run(signal), this.#overlay.run(signal)]);
  }

  #lookForUnderlay(): Underlay | undefined {
    if (this.cluster.overlay.kind === "none") return undefined;
    try {
      const underlay = underlayOf(this.cluster.overlay.underlay);
      const isInside = this.cluster.fleet.subnets.some((each) => each.contains(underlay.address));
      const what = `this node's address between the nodes, ${underlay.address}, is one of the fleet's`;
      this.#trouble("underlay", isInside ? what : undefined);
      return isInside ? undefined : underlay;
    } catch (error) {
      this.#trouble("underlay", errorText(error));
      return undefined;
    }
  }

  /** Addresses that other programs gave this node, and the fleet may give to a container. */
  #lookAround(): void {
    try {
      const gateways = (this.#picture()?.subnets ?? []).flatMap(({ gateway }) => {
        return gateway === undefined ? [] : [Ip.parse(gateway)];
      });
      const foreign = foreignAddresses(this.cluster, gateways);
      const what = `this node has the address ${foreign.join(", ")}, which is one of the fleet's`;
      this.#trouble("addresses", foreign.length === 0 ? undefined : what);
    } catch (error) {
      this.#trouble("addresses", errorText(error));
    }
  }

  #picture(): Picture | undefined {
    try {
      return readPicture(pathsOf(this.cluster.place));
    } catch (error) {
      this.#trouble("picture", errorText(error));
      return undefined;
    }
  }

  #trouble(kind: string, text: string | undefined): void {
    if (this.#troubles.get(kind) === text) return;
    const { network } = this;
    if (text === undefined) {
      this.#troubles.delete(kind);
      this.#options.log.info("fleet", { network, what: `${kind}-well` });
    } else {
      this.#troubles.set(kind, text);
      this.#options.log.warn("fleet", { network, what: `${kind}-trouble`, reason: text });
    }
  }

  #report({ kind, text, isTrouble }: MemberEvent): void {
    this.#options.log[isTrouble ? "warn" : "info"]("fleet", {
      ...{ network: this.network, what: kind },
      ...(isTrouble ? { reason: text } : { text }),
    });
  }
}
