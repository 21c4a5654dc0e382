import { type link, RTNLGRP_LINK } from "../../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { waitFor } from "../../../state/events/index.ts";
import { differs, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/** BR_STATE_ values of linux/if_bridge.h. */
const BR_STATE_DISABLED = 0;
const BR_STATE_LISTENING = 1;
const BR_STATE_LEARNING = 2;
const BR_STATE_FORWARDING = 3;

/** A link of the host as a port of a bridge. */
export interface BridgePort {
  readonly namespaces: Namespaces;
  readonly bridge: string;
  /** The host's end; known once it is made. */
  readonly port: () => link.Link;
  /** Indexes of both, as the steps before know them. */
  readonly indexes: () => { readonly port: number; readonly bridge: number };
  /** The host's ends to silence on DEL, found from identity. */
  readonly ownPorts: () => readonly link.Link[];
  /** The step that makes the link has let it join already. */
  readonly isJoined?: boolean;
  readonly hairpin: boolean;
  readonly isolated: boolean;
}

/** The host's end enslaved to the bridge and up. */
export class BridgePortStep implements Step {
  readonly name = "bridge port";
  readonly #port: BridgePort;

  constructor(port: BridgePort) {
    this.#port = port;
  }

  describe(): string {
    const { bridge, hairpin, isolated } = this.#port;
    const flags = `${hairpin ? ", hairpin" : ""}${isolated ? ", isolated" : ""}`;
    return `the host's end joins ${bridge}${flags}`;
  }

  apply(): undefined {
    const { namespaces, hairpin, isolated, isJoined = false } = this.#port;
    const { port: index, bridge: master } = this.#port.indexes();
    if (!isJoined) namespaces.hostLinks.set(index, { master, up: true });
    // Both are off in a new port, and old kernels know only one of them.
    if (hairpin || isolated) {
      namespaces.hostLinks.setPort(index, {
        ...(hairpin ? { hairpin } : {}),
        ...(isolated ? { isolated } : {}),
      });
    }
  }

  check(): void {
    const { bridge, hairpin, isolated } = this.#port;
    const port = this.#port.port();
    if (port.master !== this.#bridge().index) {
      throw differs(`${port.name} is no port of bridge ${bridge}`);
    }
    if (!port.up) throw differs(`${port.name} is down`);
    if (hairpin !== (port.port?.hairpin ?? false)) {
      throw differs(`hairpin mode of ${port.name} is ${hairpin ? "off" : "on"}`);
    }
    if (isolated !== (port.port?.isolated ?? false)) {
      throw differs(`isolation of ${port.name} is ${isolated ? "off" : "on"}`);
    }
  }

  /**
   * Stops the port from forwarding before its address is given back: the next owner of the address
   * must not meet the old link. Taking it off the bridge would say the same, and cost a grace
   * period of the kernel.
   */
  undo(): void {
    for (const port of this.#port.ownPorts()) {
      if (port.master === undefined) continue;
      try {
        this.#port.namespaces.hostLinks.setPort(port.index, { state: BR_STATE_DISABLED });
      } catch {
        // Down already, or gone: then it forwards nothing.
      }
    }
  }

  #bridge(): link.Link {
    const { namespaces, bridge } = this.#port;
    const found = namespaces.hostLinks.get({ name: bridge });
    if (found === undefined) throw differs(`bridge ${bridge} is missing on the host`);
    return found;
  }
}

/** Longest wait for a port to forward, in milliseconds. */
const FORWARDING_TIMEOUT_MS = 2_500;

/** Waits until the port forwards, so that a container that was added can talk at once. */
export class PortForwardingStep implements Step {
  readonly name = "port forwarding";
  readonly #port: Pick<BridgePort, "port">;
  readonly #options: ForwardingOptions;

  constructor(port: Pick<BridgePort, "port">, options: ForwardingOptions = {}) {
    this.#port = port;
    this.#options = options;
  }

  describe(): string {
    return "the bridge port forwards";
  }

  async apply(): Promise<undefined> {
    const found = await waitFor({
      netns: undefined,
      groups: [RTNLGRP_LINK],
      look: () => (this.#isReady(this.#port.port()) ? true : undefined),
      timeoutMs: FORWARDING_TIMEOUT_MS,
      signal: this.#options.signal,
    });
    if (found === true) return;
    const port = this.#port.port();
    throw new CniError(
      ErrorCode.TRY_AGAIN_LATER,
      `bridge port in error state: ${port.name} does not forward`,
      { details: `state ${port.port?.state ?? "unknown"}, operstate ${port.operstate}` },
    );
  }

  check(): void {
    const port = this.#port.port();
    if (!this.#isReady(port)) throw differs(`bridge port ${port.name} does not forward`);
  }

  undo(): void {}

  #isReady({ port }: link.Link): boolean {
    if (port?.state === BR_STATE_FORWARDING) return true;
    // A spanning tree listens and learns for many seconds before it lets a port forward.
    const isBuilding = port?.state === BR_STATE_LISTENING || port?.state === BR_STATE_LEARNING;
    return isBuilding && this.#options.spanningTree?.() === true;
  }
}

/** What tells how long to wait. */
export interface ForwardingOptions {
  /** Whether the bridge runs a spanning tree. */
  readonly spanningTree?: () => boolean;
  readonly signal?: AbortSignal;
}
