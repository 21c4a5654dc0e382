import type { Clock } from "../../fleet/index.ts";
import { decodeMessages } from "../../kernel/netlink/index.ts";
import {
  address,
  RouteEvents,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
} from "../../kernel/route/index.ts";

/** Addresses that are changed come one after the other: so long after the first they are looked at. */
const SETTLE_MS = 500;

/** Hears when the link that this node has towards the others gets an address, or loses one. */
export class AddressChanges implements Disposable {
  readonly #clock: Pick<Clock, "sleep">;
  readonly #events: RouteEvents;
  #index: number | undefined;
  #changed = new AbortController();

  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
    this.#events = new RouteEvents({
      groups: [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
      heard: (bytes) => this.#heard(bytes),
      lost: () => this.#changed.abort(),
    });
  }

  /** Resolves when the link's addresses have changed since the last time, else after so many milliseconds. */
  async next(index: number, ms: number, signal: AbortSignal): Promise<void> {
    this.#index = index;
    this.#events.begin();
    await this.#clock.sleep(ms, AbortSignal.any([signal, this.#changed.signal]));
    if (!this.#changed.signal.aborted) return;
    await this.#clock.sleep(SETTLE_MS, signal);
    this.#changed = new AbortController();
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }

  /** Each container that comes has addresses of the host as well: theirs are other links. */
  #heard(bytes: Uint8Array): void {
    const isOurs = decodeMessages(bytes).some(
      ({ payload }) => address.decodeAddress(payload)?.index === this.#index,
    );
    if (isOurs) this.#changed.abort();
  }
}
