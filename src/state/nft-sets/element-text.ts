import { Ip } from "../../addr/index.ts";
import type { FoundElement } from "./layout.ts";

const ADDRESS_LENGTHS: readonly number[] = [4, 16];
const TEXT = /^[\x21-\x7e]+$/u;

/** An element for people, by its key: an address, a name, a protocol with a port, or bytes. */
export function elementText({ set, element }: FoundElement): string {
  return `${keyText(element.key)} in set ${set.name} of table ${set.family} ${set.table}`;
}

function keyText(key: Uint8Array): string {
  const text = Buffer.from(key).toString("latin1").replace(/\0+$/u, "");
  if (ADDRESS_LENGTHS.includes(key.length) && !TEXT.test(text)) return Ip.fromBytes(key).toString();
  const names = text.split(/\0+/u);
  if (names.every((name) => TEXT.test(name))) return [...new Set(names)].join(" ");
  if (ADDRESS_LENGTHS.includes(key.length)) return Ip.fromBytes(key).toString();
  return Buffer.from(key).toString("hex");
}
