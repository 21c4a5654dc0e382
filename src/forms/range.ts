import { flag, type Keys, list, maybe, number, object, one, type Schema, text } from "./schema.ts";

/** A reservation of an address. */
export interface ReservationForm {
  readonly network: string;
  readonly address: string;
  readonly path: string;
  readonly containerId?: string | undefined;
  readonly ifName?: string | undefined;
  readonly state: "attached" | "unfinished" | "orphan" | "leak" | "kept" | "unclear";
}

/** A range of addresses, and how full it is. */
export interface RangeForm {
  readonly network: string;
  /** Absent where only what is attached has it. */
  readonly file?: string | undefined;
  readonly directory: string;
  readonly set: number;
  readonly subnet: string;
  readonly first: string;
  readonly last: string;
  readonly gateway: string;
  readonly lastReserved?: string | undefined;
  readonly size: number;
  /** Had only when asked for. */
  readonly excluded: number;
  /** Of the others, reserved. */
  readonly inUse: number;
  readonly free: number;
  /** Of the excluded, reserved. */
  readonly requested: number;
  readonly percent: number;
  readonly fullness?: "full" | "nearly full" | undefined;
  /** Of a fleet's network: what this node may do with the range. */
  readonly holding?: "held" | "leaving" | "lost" | "asked" | "resting" | undefined;
  /** Reserved for what is not attached any more. */
  readonly leaked: readonly ReservationForm[];
  readonly overlaps: readonly { readonly network: string; readonly range: string }[];
}

/** What is to be drawn of a range: addresses that are not free, in their order. */
export interface RangeMapForm {
  readonly range: RangeForm;
  /** Neighbours of one use with nothing to tell them apart are one run. What is in no run is free. */
  readonly runs: readonly AddressRunForm[];
  /** There are more runs than one answer holds. */
  readonly more: boolean;
}

export interface AddressRunForm {
  readonly first: string;
  readonly last: string;
  readonly use: "in use" | "reserved" | "excluded" | "gateway" | "leaked";
  /** Of a single address. */
  readonly containerId?: string | undefined;
  readonly ifName?: string | undefined;
  readonly pod?: string | undefined;
}

export const reservationSchema: Schema<ReservationForm> = object<ReservationForm>({
  network: text(),
  address: text(),
  path: text(),
  containerId: maybe(text()),
  ifName: maybe(text()),
  state: one(["attached", "unfinished", "orphan", "leak", "kept", "unclear"]),
});

const RANGE: Keys<RangeForm> = {
  network: text(),
  file: maybe(text("Absent where only what is attached has it.")),
  directory: text(),
  set: number(),
  subnet: text(),
  first: text(),
  last: text(),
  gateway: text(),
  lastReserved: maybe(text()),
  size: number(),
  excluded: number("Had only when asked for."),
  inUse: number("Of the others, reserved."),
  free: number(),
  requested: number("Of the excluded, reserved."),
  percent: number(),
  fullness: maybe(one(["full", "nearly full"])),
  holding: maybe(
    one(
      ["held", "leaving", "lost", "asked", "resting"],
      "Of a fleet's network: what this node may do with the range; of what is not held nothing is handed out.",
    ),
  ),
  leaked: list(reservationSchema, "Reserved for what is not attached any more."),
  overlaps: list(object<{ network: string; range: string }>({ network: text(), range: text() })),
};

export const rangeSchema: Schema<RangeForm> = object(
  RANGE,
  "A range; numbers above 2^53 are rounded.",
);

/** The ranges of all networks. */
export interface RangesForm {
  /** The place of one in this list is its number. */
  readonly ranges: readonly RangeForm[];
  /** Reservations of networks that have no range with the address. */
  readonly strays: readonly ReservationForm[];
  readonly problems: readonly string[];
}

export const rangesSchema: Schema<RangesForm> = object<RangesForm>({
  ranges: list(rangeSchema, "The place of one in this list, from 0, is its number."),
  strays: list(reservationSchema, "Reservations of networks that have no range with the address."),
  problems: list(text(), "What could not be read."),
});

export const addressRunSchema: Schema<AddressRunForm> = object<AddressRunForm>({
  first: text(),
  last: text(),
  use: one(["in use", "reserved", "excluded", "gateway", "leaked"]),
  containerId: maybe(text("Of a single address.")),
  ifName: maybe(text("Of a single address.")),
  pod: maybe(text("Of a single address.")),
});

export const rangeMapSchema: Schema<RangeMapForm> = object<RangeMapForm>({
  range: rangeSchema,
  runs: list(
    addressRunSchema,
    "In the order of their addresses: neighbours of one use that nothing tells apart are one run; what is in none is free.",
  ),
  more: flag("There are more runs than one answer holds."),
});
