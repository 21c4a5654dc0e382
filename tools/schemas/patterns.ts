import type { JsonObject } from "../../src/spec/index.ts";

/** The forms of texts that many keys have, as `src/addr` reads them. */

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const V4 = String.raw`${OCTET}(?:\.${OCTET}){3}`;
const GROUP = "[0-9a-fA-F]{1,4}";
const V6 = v6();
const PREFIX4 = `${V4}/0*(?:3[0-2]|[12]?\\d)`;
const PREFIX6 = `(?:${V6})/0*(?:12[0-8]|1[01]\\d|[1-9]?\\d)`;
const BYTE = "[0-9a-fA-F]{2}";

/** Eight groups, of which one run of zeros may be `::`; the last two may be an IPv4 address. */
function v6(): string {
  const tail = `(?:${GROUP}:${GROUP}|${V4})`;
  const forms = [`(?:${GROUP}:){6}${tail}`];
  // With `::` behind n groups, at most 7 - n are left, and the IPv4 address takes the place of two.
  for (let before = 0; before <= 7; before++) {
    const head = before === 0 ? "" : `${GROUP}(?::${GROUP}){${before - 1}}`;
    const after = 7 - before;
    const groups = after === 0 ? "" : `(?:${GROUP}(?::${GROUP}){0,${after - 1}})?`;
    const dotted = after < 2 ? "" : `|(?:${GROUP}:){0,${after - 2}}${V4}`;
    forms.push(`${head}::(?:${groups}${dotted})`);
  }
  return forms.join("|");
}

function text(pattern: string, description: string): JsonObject {
  return { description, type: "string", pattern };
}

const ADDRESS = `(?:${V4}|${V6})`;
const PREFIX = `(?:${PREFIX4}|${PREFIX6})`;

/** The colons of one MAC, or its hyphens. */
function pairs(count: number): string {
  return `${BYTE}(?:(?::${BYTE}){${count - 1}}|(?:-${BYTE}){${count - 1}})`;
}

function quads(count: number): string {
  return String.raw`${BYTE}${BYTE}(?:\.${BYTE}${BYTE}){${count - 1}}`;
}

const HARDWARE = [6, 8, 20].flatMap((bytes) => [pairs(bytes), quads(bytes / 2)]).join("|");
/** No group address, and not all zeros. */
const STATION = `(?![0:.-]*$)(?=[0-9a-fA-F][02468aceACE])(?:${pairs(6)}|${quads(3)})`;

export const TEXTS: Readonly<Record<string, JsonObject>> = {
  address: text(`^${ADDRESS}$`, "An IPv4 or IPv6 address."),
  optionalAddress: text(`^${ADDRESS}?$`, "An IPv4 or IPv6 address, or nothing."),
  prefix: text(`^${PREFIX}$`, "An address with the length of its prefix, as 10.1.0.0/16."),
  subnet: text(
    `^(?:${V4}/0*(?:30|[12]?\\d)|(?!::(?:0{1,4}:){0,4}[fF]{4}:)(?:${V6})/0*(?:12[0-6]|1[01]\\d|[1-9]?\\d))$`,
    "A network with the length of its prefix and without host bits, as 10.1.0.0/16; up to /30 or /126.",
  ),
  exclusion: text(
    `^(?:\\s*${ADDRESS}\\s*(?:-\\s*${ADDRESS}\\s*)?|${PREFIX})$`,
    "An address, a range of addresses as 10.1.0.20-10.1.0.30, or a subnet.",
  ),
  mac: text(`^(?:${STATION})?$`, "A hardware address, as 02:42:ac:11:00:02."),
  hardwareAddress: text(`^(?:${HARDWARE})?$`, "A hardware address, as 02:42:ac:11:00:02."),
};
