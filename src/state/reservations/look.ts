import { existsSync, lstatSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import type { CniError } from "../../spec/index.ts";
import { View } from "./fill.ts";
import type { Holder } from "./holder.ts";

/** An address that is taken, as its file says. */
export interface FoundReservation {
  /** In the form that results have, without the length of a prefix. */
  readonly address: string;
  readonly path: string;
  readonly holder: Holder;
}

/**
 * The reservations in the directory of a network, whichever implementation of host-local wrote them;
 * none where there is no such directory. Looks only, and takes no lock: what is being changed meanwhile may be there or not.
 * @param onError is called for each file that cannot be read
 * @throws CniError of code 5 when the directory cannot be read
 */
export function* reservationsIn(
  path: string,
  onError: (error: CniError) => void,
): Generator<FoundReservation, void> {
  if (!existsSync(path)) return;
  using view = new View(path);
  for (const [name, holder] of view.reservations.holders(onError)) {
    const address = Ip.canonical(name);
    if (address !== undefined) yield { address, path: `${path}/${name}`, holder };
  }
}

/** When a reservation was made, in milliseconds since 1970; undefined when it is gone. */
export function reservedAt({ path }: Pick<FoundReservation, "path">): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
