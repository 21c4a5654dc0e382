import { existsSync, renameSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import type { NodeFiles, Picture, Reserved } from "../../fleet/index.ts";
import { orFailure, replaceDurably } from "../../state/files/index.ts";
import { type Reservations, withReservations } from "../../state/reservations/index.ts";
import type { ClusterPaths } from "../config/index.ts";
import { printPicture, readPicture } from "../reading/index.ts";

const TORN = ".torn";

/**
 * The node's files of one network on disk. Changes are made under the lock of the directory of
 * reservations, which each ADD and DEL takes.
 */
export class DiskNodeFiles implements NodeFiles {
  readonly #paths: ClusterPaths;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends waiting for the lock */
  constructor(paths: ClusterPaths, signal?: AbortSignal) {
    this.#paths = paths;
    this.#signal = signal;
  }

  async read(): Promise<Picture | undefined> {
    return readPicture(this.#paths);
  }

  async update<T>(
    work: (
      picture: Picture | undefined,
      reserved: Reserved,
    ) => { readonly picture?: Picture; readonly result: T },
  ): Promise<T> {
    const options = { create: true, signal: this.#signal };
    const done = await withReservations(this.#paths.reservations, options, (reservations) => {
      const before = readPicture(this.#paths);
      const { picture, result } = work(before, new ReservedFiles(reservations));
      if (picture !== undefined) this.#replace(before, picture);
      return { result };
    });
    // The directory was made: it is there.
    if (done === undefined) throw new Error(`${this.#paths.directory} does not stay`);
    return done.result;
  }

  #replace(before: Picture | undefined, picture: Picture): void {
    const path = this.#paths.picture;
    // A torn one is kept for people: it says what this node had.
    orFailure(`cannot write ${path}`, undefined, () => {
      if (before === undefined && existsSync(path)) renameSync(path, `${path}${TORN}`);
      replaceDurably(path, printPicture(picture));
    });
  }
}

/** Reservations by the names of their files alone: none is read. */
class ReservedFiles implements Reserved {
  readonly #reservations: Reservations;

  constructor(reservations: Reservations) {
    this.#reservations = reservations;
  }

  *addresses(): Generator<Ip> {
    for (const name of this.#reservations.names) {
      const address = Ip.tryParse(name);
      if (address !== undefined) yield address;
    }
  }

  has(address: Ip): boolean {
    return this.#reservations.has(address.toString());
  }
}
