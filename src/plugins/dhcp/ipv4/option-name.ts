import { invalidConfig, type JsonObject } from "../../../spec/index.ts";

const NAMES: ReadonlyMap<string, number> = new Map([
  ["dhcp-client-identifier", 61],
  ["subnet-mask", 1],
  ["routers", 3],
  ["host-name", 12],
  ["user-class", 77],
  ["vendor-class-identifier", 60],
]);

/** Options of the format itself, and those that the protocol sets by itself. */
const OWN: ReadonlySet<number> = new Set([0, 50, 52, 53, 54, 55, 255]);

/** What JSON Schema says of an option's name or code. */
export function keywordsOf(use: "provide" | "request"): JsonObject {
  const refused = use === "provide" ? [...OWN] : [0, 255];
  const pattern = String.raw`^(?!0*(?:${refused.join("|")})$)(?:[01]?\d{1,2}|2[0-4]\d|25[0-5])$`;
  return {
    anyOf: [
      { enum: [...NAMES.keys(), ...(use === "provide" ? [] : [""])] },
      { type: "integer", minimum: 1, maximum: 254, not: { enum: refused } },
      { type: "string", pattern },
    ],
  };
}

/**
 * The code of an option by its name or number.
 * @throws CniError of code 7 for what is neither, and for what cannot be provided.
 */
export function optionCode(option: string | number, use: "provide" | "request"): number {
  const text = String(option);
  const number = NAMES.get(text) ?? (/^\d{1,3}$/u.test(text) ? Number(text) : undefined);
  if (number === undefined || number > 255) {
    const names = [...NAMES.keys()].join(", ");
    throw invalidConfig(
      `Can not parse option ${JSON.stringify(text)}: it is no code from 0 to 255`,
      `known names are ${names}`,
    );
  }
  if (number === 0 || number === 255 || (use === "provide" && OWN.has(number))) {
    throw invalidConfig(
      `option ${text} cannot be ${use === "provide" ? "provided" : "requested"}: DHCP uses it itself`,
    );
  }
  return number;
}
