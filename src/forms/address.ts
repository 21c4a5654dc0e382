import { type PeriodForm, periodSchema } from "./attachment.ts";
import { type AttachmentStateForm, stateSchema } from "./finding.ts";
import { type AttachmentNameForm, NAMES } from "./name.ts";
import { type ReservationForm, reservationSchema } from "./range.ts";
import { flag, list, maybe, object, one, type Schema, text } from "./schema.ts";

/** An attachment that has an address, or is said to have it. */
export interface HolderForm extends AttachmentNameForm {
  readonly netns: string;
  readonly state: AttachmentStateForm;
  readonly sources: readonly string[];
  /** Whether its ADD gave it the address; else only a reservation says so. */
  readonly given: boolean;
  /** Path of the reservation. */
  readonly reservation?: string | undefined;
  /** What the kernel says in its namespace. */
  readonly kernel: "there" | "absent" | "gone" | "unknown";
  /** The link that has it there. */
  readonly link?: string | undefined;
  /** With the length of its prefix, as the kernel has it. */
  readonly address?: string | undefined;
}

export const holderSchema: Schema<HolderForm> = object<HolderForm>({
  ...NAMES,
  netns: text(),
  state: stateSchema(),
  sources: list(text()),
  given: flag("Whether its ADD gave it the address; else only a reservation says so."),
  reservation: maybe(text()),
  kernel: one(["there", "absent", "gone", "unknown"], "What the kernel says in its namespace."),
  link: maybe(text()),
  address: maybe(text()),
});

/** A range of a network that an address is of, and what it is to it. */
export interface AddressPlaceForm {
  readonly network: string;
  readonly file?: string | undefined;
  readonly subnet: string;
  readonly range: string;
  readonly role: string;
  readonly directory: string;
}

export const addressPlaceSchema: Schema<AddressPlaceForm> = object<AddressPlaceForm>({
  network: text(),
  file: maybe(text()),
  subnet: text(),
  range: text(),
  role: one([
    ...["range", "gateway", "excluded", "network address", "broadcast address", "outside"],
  ]),
  directory: text(),
});

/** All that this node knows of an address. */
export interface AddressForm {
  readonly address: string;
  readonly holders: readonly HolderForm[];
  /** That are no attachment's. */
  readonly reservations: readonly ReservationForm[];
  /** The host's own link that has it. */
  readonly host?: { readonly link: string; readonly address: string } | undefined;
  readonly ranges: readonly AddressPlaceForm[];
  /** The oldest first. */
  readonly history: readonly PeriodForm[];
  readonly problems: readonly string[];
}

export const addressSchema: Schema<AddressForm> = object<AddressForm>({
  address: text(),
  holders: list(holderSchema, "Attachments that have the address, or are said to have it."),
  reservations: list(reservationSchema, "Reservations of the address that are no attachment's."),
  host: maybe(object<{ link: string; address: string }>({ link: text(), address: text() })),
  ranges: list(addressPlaceSchema, "The networks that the address is of."),
  history: list(periodSchema, "Which attachment had the address when, the oldest first."),
  problems: list(text(), "What could not be read."),
});
