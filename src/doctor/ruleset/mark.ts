import type { Bytes } from "./packet.ts";

/** A mark of 32 bits, of a packet or of its connection; undefined where it is not known. */
export class Mark {
  value: number | undefined = 0;

  /** `mark = (mark & keep) ^ bits`, as nftables and iptables both change it. */
  change(keep: number, bits: number): void {
    if (keep === 0) this.value = bits >>> 0;
    else if (this.value !== undefined) this.value = ((this.value & keep) ^ bits) >>> 0;
  }
}

/** A number in the kernel's own order of bytes; all are unknown when it is. */
export function hostBytes(value: number | undefined, length: 1 | 2 | 4 = 4): Bytes {
  if (value === undefined) return new Array(length).fill(undefined);
  return [...new Uint8Array(new Uint32Array([value]).buffer)].slice(0, length);
}

/** The same in network order. */
export function networkBytes(value: number | undefined, length: 2): Bytes {
  if (value === undefined) return new Array(length).fill(undefined);
  return [value >> 8, value & 0xff];
}
