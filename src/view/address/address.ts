import { existsSync, readdirSync } from "node:fs";
import { Ip, Prefix } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import type { Period } from "../../journal/index.ts";
import { poolPlace, type Reservation, reservationOf } from "../../plugins/host-local/index.ts";
import { type Attachment, attachmentKey } from "../../spec/index.ts";
import type { Attached, Holding, RangeConfig } from "../pools/index.ts";
import {
  addressOn,
  askInside,
  type InsideAnswer,
  type KernelAddress,
  type NamedNetns,
} from "./inside.ts";
import { type AddressPlace, placesIn } from "./place.ts";

/** An attachment that may have the address. */
export interface AddressUser extends Attachment, NamedNetns {
  /** In CIDR notation where the length is known. */
  readonly addresses: readonly string[];
}

/** What knows that something has an address: a result of its ADD, or a reservation. */
export type AddressSource = "result" | "reservation";

/** What has the address, or is said to have it. */
export interface AddressHolder {
  readonly network: string;
  /** Absent where a reservation names none. */
  readonly containerId?: string;
  readonly ifName?: string;
  readonly sources: readonly AddressSource[];
  /** The reservation, and what became of its attachment. */
  readonly holding?: Holding;
  /** What the kernel says inside; absent for what nothing knows to be attached. */
  readonly inside?: InsideAnswer;
  readonly netns?: string;
}

/** All that a node knows of an address. */
export interface AddressReport {
  readonly ip: Ip;
  readonly holders: readonly AddressHolder[];
  /** The host's own link that has it. */
  readonly host?: KernelAddress;
  /** The networks that it is of. */
  readonly places: readonly AddressPlace[];
  /** Who had it when, the oldest first. */
  readonly history: readonly Period[];
  readonly problems: readonly string[];
}

/** Where to look. */
export interface AddressSources {
  readonly configs: readonly RangeConfig[];
  readonly users: readonly AddressUser[];
  readonly attached: Attached;
  /** Where host-local keeps reservations of networks that need no configuration here any more. */
  readonly dataDir: string;
  /** Of this address. */
  readonly history: readonly Period[];
}

/** Looks for an address in all that knows of addresses; what cannot be read is a problem, no end. */
export function lookAtAddress(ip: Ip, sources: AddressSources): AddressReport {
  const problems: string[] = [];
  const places = placesIn(sources.configs, ip, problems);
  const holders = new Map<string, AddressHolder>();
  for (const user of sources.users) {
    if (!user.addresses.some((text) => isOf(text, ip))) continue;
    const { network, containerId, ifName, netns } = user;
    holders.set(attachmentKey(user), {
      ...{ network, containerId, ifName, netns, sources: ["result"] },
      inside: askInside(user, ip),
    });
  }
  for (const [path, network] of directoriesOf(sources, problems)) {
    const reservation = tried(problems, `${path}/${ip}`, () => reservationOf(path, ip));
    if (reservation !== undefined) addReservation(holders, network, reservation, sources, ip);
  }
  const host = tried(problems, "the host's addresses", () => addressOn(ip));
  const { history } = sources;
  return { ip, holders: [...holders.values()], ...defined({ host }), places, history, problems };
}

/** Adds a reservation to the attachments that it is for, or as a holder of its own. */
function addReservation(
  holders: Map<string, AddressHolder>,
  network: string,
  reservation: Reservation,
  { attached, users }: AddressSources,
  ip: Ip,
): void {
  const holding = attached.judge(network, reservation);
  const { containerId, ifName } = holding;
  const known = attached.of(network, reservation.holder);
  if (known.length === 0) {
    const named = { ...(containerId !== "" && { containerId }), ...(ifName !== "" && { ifName }) };
    holders.set(reservation.path, { network, ...named, sources: ["reservation"], holding });
    return;
  }
  for (const one of known) {
    const key = attachmentKey(one);
    const before = holders.get(key);
    const user = users.find((each) => attachmentKey(each) === key) ?? one;
    holders.set(key, {
      ...{ network, containerId: one.containerId, ifName: one.ifName, netns: one.netns },
      sources: [...(before?.sources ?? []), "reservation"],
      ...{ holding, inside: before?.inside ?? askInside(user, ip) },
    });
  }
}

/** Directories of reservations with their networks: those configured, and those in the usual place. */
function directoriesOf(
  { configs, dataDir }: AddressSources,
  problems: string[],
): Map<string, string> {
  const found = new Map<string, string>();
  const names = tried(problems, dataDir, () => (existsSync(dataDir) ? readdirSync(dataDir) : []));
  // A name that starts with a dot is no network's.
  for (const name of names ?? []) {
    if (!name.startsWith(".")) found.set(`${dataDir}/${name}`, name);
  }
  for (const { network, config } of configs) {
    try {
      found.set(poolPlace({ network, config }).path, network);
    } catch {
      // A configuration that is wrong is a problem already, and names no directory.
    }
  }
  return found;
}

function isOf(text: string, ip: Ip): boolean {
  const own = text.includes("/") ? Prefix.tryParse(text)?.ip : Ip.tryParse(text);
  return own?.equals(ip) === true;
}

function tried<T>(problems: string[], what: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    problems.push(`${what}: ${errorText(error)}`);
    return undefined;
  }
}
