const BYTE = 256;
/** Left free for the containers that are measured. */
const FIRST = 1024;

/** The address of the so-manieth attachment that is only there to be one of many, in 10.1.0.0/16. */
export function addressAt(at: number): string {
  const place = FIRST + at;
  if (place >= BYTE * BYTE - 1) {
    throw new RangeError(`10.1.0.0/16 has no address for attachment ${at}`);
  }
  return `10.1.${Math.floor(place / BYTE)}.${place % BYTE}`;
}

/** Its port on the host. */
export function portAt(at: number): number {
  return 20_000 + at;
}
