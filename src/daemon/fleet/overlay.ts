import { defined } from "../../base/index.ts";
import { type ClusterConfig, pathsOf } from "../../cluster/config/index.ts";
import type { MemberEvent, Picture } from "../../fleet/index.ts";
import { OverlayKeeper, type Underlay } from "../../overlay/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import type { Store } from "../../store/index.ts";

/** How often all of an overlay is looked at, in milliseconds: changes of the fleet come at once. */
const CHECK_MS = 30_000;

export interface NetworkOverlayOptions {
  readonly cluster: ClusterConfig;
  readonly store: Store;
  /** Where this node's tunnels end; undefined while it has no such address. */
  readonly underlay: Underlay | undefined;
  readonly picture: () => Picture | undefined;
  readonly report: (event: MemberEvent) => void;
}

/** The overlay of one network: the fleet's nodes and blocks are watched, and tunnels and routes follow. */
export class NetworkOverlay {
  readonly #options: NetworkOverlayOptions;
  #keeper: OverlayKeeper | undefined;
  readonly #peers = 0;

  constructor(options: NetworkOverlayOptions) {
    this.#options = options;
  }

  /** Nodes that the overlay leads to. */
  get peers(): number {
    return this.#peers;
  }

  get troubles(): readonly string[] {
    return this.#keeper?.troubles ?? [];
  }

  status(): JsonObject {
    const { underlay } = this.#options;
    return { peers: this.#peers, ...defined({ underlay: underlay?.address.toString() }) };
  }

  /** Keeps it until the signal; what stands then stays. */
  async run(_signal: AbortSignal): Promise<void> {
    const { cluster, underlay } = this.#options;
    if (cluster.overlay.kind === "none" || underlay === undefined) return;
    const { network } = cluster.fleet;
    const { directory } = pathsOf(cluster.place);
    const { report } = this.#options;
    await using keeper = new OverlayKeeper({
      ...{ network, checkMs: CHECK_MS, report },
      keyPath: `${directory}/wireguard.key`,
    });
    this.#keeper = keeper;
  }
}
