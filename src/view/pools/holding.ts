import type { Holder, Reservation } from "../../plugins/host-local/index.ts";
import { attachmentKey } from "../../spec/index.ts";
import { isDead, type KnownAttachment } from "../known.ts";

/** What a reservation's attachment is like. */
export type HoldingState =
  /** It is known, and not gone for certain. */
  | "attached"
  /** Its namespace is gone, or it is of an earlier boot. */
  | "gone"
  /** Neither a runtime nor a plugin has noted it, though it would be by now. */
  | "unknown"
  /** The same, but its ADD may be under way. */
  | "young"
  /** A line of text in the file keeps the address from being handed out. */
  | "kept"
  /** The file says nothing that can be understood, or what is attached cannot be read. */
  | "unclear";

/** A reservation with the attachment that it is for. */
export interface Holding {
  readonly reservation: Reservation;
  readonly state: HoldingState;
  /** As the file names it, where it does. */
  readonly containerId: string;
  readonly ifName: string;
}

/** An ADD may take that long: what is younger may belong to one. */
const YOUNG_MS = 2 * 60_000;

/** What is attached to networks, by name. */
export class Attached {
  /** False where it could not be read, so that nothing is known to be missing. */
  readonly isWhole: boolean;
  readonly #byName = new Map<string, KnownAttachment>();
  readonly #byContainer = new Map<string, KnownAttachment[]>();
  readonly #dead = new Map<KnownAttachment, boolean>();
  readonly #now: number;

  constructor(known: readonly KnownAttachment[] | undefined, now: number = Date.now()) {
    this.isWhole = known !== undefined;
    this.#now = now;
    for (const each of known ?? []) {
      this.#byName.set(attachmentKey(each), each);
      const key = attachmentKey({ ...each, ifName: "" });
      this.#byContainer.set(key, [...(this.#byContainer.get(key) ?? []), each]);
    }
  }

  /** Whether its namespace is gone, or its boot; asked once. */
  isGone(known: KnownAttachment): boolean {
    const before = this.#dead.get(known);
    if (before !== undefined) return before;
    const dead = isDead(known);
    this.#dead.set(known, dead);
    return dead;
  }

  /** Those that a holder means: one, or where no interface is named each of the container. */
  of(network: string, holder: Holder): readonly KnownAttachment[] {
    if (holder.kind === "attachment") {
      const one = this.#byName.get(attachmentKey({ network, ...holder }));
      return one === undefined ? [] : [one];
    }
    if (holder.kind !== "container") return [];
    const { containerId } = holder;
    return this.#byContainer.get(attachmentKey({ network, containerId, ifName: "" })) ?? [];
  }

  /** What the attachment of a reservation is like. */
  judge(network: string, reservation: Reservation): Holding {
    const { holder } = reservation;
    const containerId = "containerId" in holder ? holder.containerId : "";
    const ifName = "ifName" in holder ? holder.ifName : "";
    return { reservation, containerId, ifName, state: this.#stateOf(network, reservation) };
  }

  #stateOf(network: string, { holder, writtenMs }: Reservation): HoldingState {
    if (holder.kind === "vacant" || holder.kind === "unknown") return "unclear";
    const known = this.of(network, holder);
    if (known.some((each) => !this.isGone(each))) return "attached";
    if (known.length > 0) return "gone";
    if (holder.kind === "container" && holder.isLine) return "kept";
    if (!this.isWhole) return "unclear";
    // A time that is still to come was noted before the clock was set back.
    return Math.abs(this.#now - writtenMs) < YOUNG_MS ? "young" : "unknown";
  }
}

/** Whether the address is lost to others although no attachment has it. */
export function isLeaked({ state }: Pick<Holding, "state">): boolean {
  return state === "gone" || state === "unknown";
}
