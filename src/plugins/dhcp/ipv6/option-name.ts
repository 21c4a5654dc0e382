import { invalidConfig, type JsonObject } from "../../../spec/index.ts";

const NAMES: ReadonlyMap<string, number> = new Map([
  ["name-servers", 23],
  ["domain-search", 24],
]);

/** Option 25, IA_PD. */
const PREFIX_DELEGATION: ReadonlySet<number> = new Set([25]);
/** Options of the protocol itself, which a client does not ask for by number. */
const OWN: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 8, 9, 13, 14]);

/** What JSON Schema says of an option's name or code. */
export function keywords6(): JsonObject {
  const refused = [0, ...OWN, ...PREFIX_DELEGATION];
  const most = String.raw`[0-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]`;
  return {
    anyOf: [
      { enum: [...NAMES.keys()] },
      { type: "integer", minimum: 1, maximum: 0xffff, not: { enum: refused } },
      { type: "string", pattern: `^(?!0*(?:${refused.join("|")})$)(?:${most})$` },
    ],
  };
}

/**
 * The code of an option of DHCPv6 by its name or number.
 * @throws CniError of code 7 for what is neither, and for what cannot be requested.
 */
export function optionCode6(option: string | number): number {
  const text = String(option);
  const number = NAMES.get(text) ?? (/^\d{1,5}$/u.test(text) ? Number(text) : undefined);
  if (number === undefined || number > 0xffff) {
    const names = [...NAMES.keys()].join(", ");
    throw invalidConfig(
      `Can not parse DHCPv6 option ${JSON.stringify(text)}: it is no code from 1 to 65535`,
      `known names are ${names}`,
    );
  }
  if (PREFIX_DELEGATION.has(number)) throw noDelegation(`"ipam.request6" has option ${text}`);
  if (number === 0 || OWN.has(number)) {
    throw invalidConfig(`DHCPv6 option ${text} cannot be requested: DHCP uses it itself`);
  }
  return number;
}

/** The refusal of prefix delegation (RFC 8415, 6.3), which gives networks to routers. */
export function noDelegation(key: string): Error {
  return invalidConfig(
    `${key}: prefix delegation is not supported`,
    "a delegated prefix is for a router and the networks behind it; " +
      "dhcp leases one address for one interface of a container",
  );
}
