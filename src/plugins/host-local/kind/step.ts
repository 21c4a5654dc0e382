import type { Ip } from "../../../addr/index.ts";
import { CniError, type ValidAttachment } from "../../../spec/index.ts";
import type { Revert, Step } from "../../../state/index.ts";
import { type Allocation, allocate, type RequestedIp } from "./allocate.ts";
import type { Holding } from "./content.ts";
import { type ReservationPlace, withPlace } from "./place.ts";
import { type RangeSet, rangeFor, showRangeSet } from "./range.ts";
import { collect, type Removal, release, releaseNamed } from "./release.ts";
import { verifyReservation } from "./verify.ts";
import { discardAside } from "./write.ts";

/** What a reservation step is about. Undoing needs the first two only. */
export interface ReservationOptions {
  place: ReservationPlace;
  holding: Holding;
  /** One address is reserved from each. */
  sets?: readonly RangeSet[];
  requested?: readonly RequestedIp[];
  /** For `check`: the addresses that the attachment's result names; others' are overlooked. */
  expected?: readonly Ip[];
  /** Ends waiting for the lock. */
  signal?: AbortSignal;
}

/** Addresses reserved for one attachment, in the directory that Go's host-local uses too. */
export class ReservationStep implements Step {
  readonly name: string = "address reservation";
  readonly #options: ReservationOptions;
  #allocations: readonly Allocation[] = [];

  constructor(options: ReservationOptions) {
    this.#options = options;
  }

  /** What `apply` reserved, one per set in their order. */
  get allocations(): readonly Allocation[] {
    return this.#allocations;
  }

  describe(): string {
    const { place, requested = [], sets = [] } = this.#options;
    const where = `noted in ${place.dataDir}/${place.network}`;
    if (this.#allocations.length > 0) {
      return `${this.#allocations.map(({ ip }) => ip.toString()).join(", ")}, ${where}`;
    }
    const wishes = sets.map((set) => {
      const wish = requested.find(({ ip }) => rangeFor(set, ip) !== undefined);
      return wish === undefined ? `one of ${showRangeSet(set)}` : wish.ip.toString();
    });
    return wishes.length === 0
      ? `all of the attachment, ${where}`
      : `${wishes.join(", ")}, ${where}`;
  }

  async apply(): Promise<Revert> {
    const { place, holding, sets = [], requested = [], signal } = this.#options;
    this.#allocations =
      (await withPlace(place, { create: true, signal }, async (directory) => {
        if (requested.length === 0) await directory.prepare();
        return allocate(directory, { holding, sets, requested });
      })) ?? [];
    const names = this.#allocations.map(({ ip }) => ip.toString());
    return async () => {
      // Not under the signal: what was begun is taken back also when the caller has given up.
      await withPlace(place, {}, (directory) => releaseNamed(directory, holding, names));
      this.#allocations = [];
    };
  }

  check(): void {
    const { place, holding, sets = [], expected = [] } = this.#options;
    const ours = expected.filter((ip) => sets.some((set) => rangeFor(set, ip) !== undefined));
    verifyReservation(place, holding, ours);
  }

  async undo(): Promise<void> {
    const { place, holding, signal } = this.#options;
    const removal = await withPlace(place, { signal }, async (directory) => {
      discardAside(directory.path);
      await directory.prepare();
      return release(directory, holding);
    });
    throwErrors(removal);
  }
}

/**
 * GC: removes the addresses of every attachment of the network that is not valid any more.
 * @returns the addresses that were removed
 * @throws CniError 5 after all others are removed, naming those that could not be
 */
export async function collectReservations(
  place: ReservationPlace,
  valid: readonly ValidAttachment[],
  signal?: AbortSignal,
): Promise<string[]> {
  const removal = await withPlace(place, { signal }, async (directory) => {
    discardAside(directory.path);
    return await collect(directory, valid);
  });
  throwErrors(removal);
  return removal?.removed ?? [];
}

function throwErrors(removal: Removal | undefined): void {
  const [first, ...others] = removal?.errors ?? [];
  if (first === undefined) {
    return;
  }
  const { code, msg, details } = CniError.from(first);
  const parts = [details, ...others.map(({ message }) => message)];
  throw new CniError(code, msg, {
    details: parts.filter((part) => part !== undefined).join("; "),
    cause: first,
  });
}
