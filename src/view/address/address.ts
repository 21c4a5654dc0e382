import { Ip, Prefix } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import type { Period } from "../../journal/index.ts";
import type { NodeAttachment, NodeView } from "../attachments/index.ts";
import { type Holding, holdingsOf, type RangeConfig } from "../pools/index.ts";
import { addressOn, askInside, type InsideAnswer, type KernelAddress } from "./inside.ts";
import { type AddressPlace, placesIn } from "./place.ts";

/** An attachment that has the address, or is said to have it. */
export interface AddressHolder {
  readonly attachment: NodeAttachment;
  /** Whether its ADD gave it the address; else only a reservation says so. */
  readonly isGiven: boolean;
  readonly reservation?: Holding;
  /** What the kernel says in the container. */
  readonly inside: InsideAnswer;
}

/** All that a node knows of an address. */
export interface AddressReport {
  readonly ip: Ip;
  readonly holders: readonly AddressHolder[];
  /** Reservations that are no attachment's, such as a line by a person. */
  readonly reservations: readonly Holding[];
  /** The host's own link that has it. */
  readonly host?: KernelAddress;
  /** The networks that it is of. */
  readonly places: readonly AddressPlace[];
  /** Which attachment had it when, the oldest first. */
  readonly history: readonly Period[];
  /** What could not be read, a line each. */
  readonly problems: readonly string[];
}

/** Where to look. */
export interface AddressSources {
  readonly view: NodeView;
  readonly configs: readonly RangeConfig[];
  /** Of this address. */
  readonly history: readonly Period[];
}

/** Looks for an address in all that knows of addresses; what cannot be read is a problem, no end. */
export function lookAtAddress(ip: Ip, { view, configs, history }: AddressSources): AddressReport {
  const problems: string[] = [];
  const places = placesIn(configs, ip, problems);
  const reserved = holdingsOf(view).filter((each) => each.ip.equals(ip));
  const holders = view.attachments.flatMap((attachment): AddressHolder[] => {
    const reservation = reserved.find((each) => each.attachment === attachment);
    const isGiven = attachment.addresses.some((text) => isOf(text, ip)) && isNoted(attachment);
    if (!isGiven && reservation === undefined) return [];
    const inside = askInside(attachment, ip);
    return [{ attachment, isGiven, inside, ...defined({ reservation }) }];
  });
  const reservations = reserved.filter(({ attachment }) => attachment === undefined);
  let host: KernelAddress | undefined;
  try {
    host = addressOn(ip);
  } catch (error) {
    problems.push(`the host's addresses: ${errorText(error)}`);
  }
  return { ip, holders, reservations, ...defined({ host }), places, history, problems };
}

/** Whether more than a reservation or a link knows of it: only then its addresses are of an ADD. */
function isNoted({ sources }: NodeAttachment): boolean {
  return sources.includes("cache") || sources.includes("journal");
}

function isOf(text: string, ip: Ip): boolean {
  const own = text.includes("/") ? Prefix.tryParse(text)?.ip : Ip.tryParse(text);
  return own?.equals(ip) === true;
}
