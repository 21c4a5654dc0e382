import { link } from "../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import type { Sides } from "../sides/index.ts";
import { sleep } from "../sleep.ts";
import type { Step } from "../step.ts";

/** BR_STATE_DISABLED and BR_STATE_FORWARDING of linux/if_bridge.h. */
const BR_STATE_DISABLED = 0;
const BR_STATE_FORWARDING = 3;

/** A link of the host as a port of a bridge. */
export interface BridgePort {
  readonly sides: Sides;
  readonly bridge: string;
  /** The host's end; known once it is made. */
  readonly port: () => link.Link;
  /** The host's ends to silence on DEL, found from identity. */
  readonly ownPorts: () => readonly link.Link[];
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
    const { sides, hairpin, isolated } = this.#port;
    const { index } = this.#port.port();
    link.set(sides.host, index, { master: this.#bridge().index, up: true });
    // Both are off in a new port, and old kernels know only one of them.
    if (hairpin || isolated) {
      link.setPort(sides.host, index, {
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
        link.setPort(this.#port.sides.host, port.index, { state: BR_STATE_DISABLED });
      } catch {
        // Down already, or gone: then it forwards nothing.
      }
    }
  }

  #bridge(): link.Link {
    const { sides, bridge } = this.#port;
    const found = link.get(sides.host, { name: bridge });
    if (found === undefined) throw differs(`bridge ${bridge} is missing on the host`);
    return found;
  }
}

/** Longest wait for a port to forward, in milliseconds, and the first pause between two looks. */
const FORWARDING_TIMEOUT_MS = 2_500;
const FIRST_PAUSE_MS = 1;

/** Waits until the port forwards, so that a container that was added can talk at once. */
export class PortForwardingStep implements Step {
  readonly name = "port forwarding";
  readonly #port: Pick<BridgePort, "port">;

  constructor(port: Pick<BridgePort, "port">) {
    this.#port = port;
  }

  describe(): string {
    return "the bridge port forwards";
  }

  async apply(): Promise<undefined> {
    const end = performance.now() + FORWARDING_TIMEOUT_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const port = this.#port.port();
      if (forwards(port)) return;
      if (performance.now() > end) {
        throw new CniError(
          ErrorCode.TRY_AGAIN_LATER,
          `bridge port in error state: ${port.name} does not forward`,
          { details: `state ${port.port?.state ?? "unknown"}, operstate ${port.operstate}` },
        );
      }
      await sleep(pause);
    }
  }

  check(): void {
    const port = this.#port.port();
    if (!forwards(port)) throw differs(`bridge port ${port.name} does not forward`);
  }

  undo(): void {}
}

function forwards(port: link.Link): boolean {
  return port.port?.state === BR_STATE_FORWARDING;
}
