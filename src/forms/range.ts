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
