import * as v from "valibot";
import type { JsonValue } from "../../spec/index.ts";

/** An address as it was advertised at the time of the ADD. */
export interface AdvertisedAddress {
  /** With the length of its prefix, as in a result. */
  readonly address: string;
  /** Ends of its lifetimes in milliseconds since the boot; null for one without an end. */
  readonly validUntil: number | null;
  readonly preferredUntil: number | null;
}

/** What an ADD notes of an interface that forms its own addresses. */
export interface Note {
  readonly router: string;
  readonly addresses: readonly AdvertisedAddress[];
}

const until = v.nullable(v.number());

const schema = v.object({
  router: v.string(),
  addresses: v.array(v.object({ address: v.string(), validUntil: until, preferredUntil: until })),
});

export function encodeNote({ router, addresses }: Note): JsonValue {
  return {
    router,
    addresses: addresses.map(({ address, validUntil, preferredUntil }) => ({
      address,
      validUntil,
      preferredUntil,
    })),
  };
}

/** undefined for what is no note. */
export function decodeNote(data: JsonValue | undefined): Note | undefined {
  if (data === undefined) return undefined;
  // Numbers may be of a type that keeps their text.
  const parsed = v.safeParse(schema, JSON.parse(JSON.stringify(data)));
  return parsed.success ? parsed.output : undefined;
}
