import { OWN_KEYS } from "../../../src/validate/index.ts";
import type { Configuration } from "./generate.ts";

/**
 * Differences that have a number in docs/divergences.md. One is known when the plugin, a change of its
 * configuration and the words of the difference all fit.
 */

interface Known {
  readonly number: string;
  readonly type?: string;
  /** Any change, when absent. */
  readonly change?: RegExp;
  readonly difference: RegExp;
}

const GO_REFUSES = /^ADD: Go failed, ours done/;
const GO_CHECK_FAILS = /^check: Go "failed", ours "done"/;

/** The number of each key that the reference plugins do not have, and overlook whatever it says. */
const OWN_KEY_NUMBERS: Readonly<Record<string, string>> = {
  acceptRA: "D192",
  slaac: "D294",
  ipMasqExcept: "D200",
  stp: "D170",
  multicastSnooping: "D170",
  groupFwdMask: "D170",
  removeUnused: "D170",
  staticNeighbours: "D170",
  portConflict: "D75",
  exceptDestinations: "D200",
  markBit: "D110",
  latency: "D120",
  exclude: "D96",
  failStatusWhenFull: "D217",
};

/** Those of them that the generated configurations may have: of dhcp's no difference can follow. */
const PLAYED = Object.keys(OWN_KEYS).filter((key) => OWN_KEYS[key]?.includes("dhcp") !== true);

const KNOWN: readonly Known[] = [
  ...PLAYED.map((key): Known => {
    const number = OWN_KEY_NUMBERS[key];
    if (number === undefined) throw new Error(`the key ${key} has no number`);
    return { number, change: new RegExp(`\\b${key}\\b`, "i"), difference: /./ };
  }),
  { number: "D25", change: / has \S+ too: /, difference: GO_REFUSES },
  {
    number: "D41",
    change: /^the file has a comment of a line|a comment within/,
    difference: GO_REFUSES,
  },
  {
    ...{ number: "D64", type: "tuning", change: /mac: "\S*-/ },
    difference: /^(result: |check: Go "failed", ours "done")/,
  },
  { number: "D72", type: "sbr", difference: GO_CHECK_FAILS },
  { number: "D73", type: "portmap", change: /^conditionsV[46]/, difference: GO_REFUSES },
  { number: "D135", type: "sbr", change: /^table: (0|-)/, difference: /ours failed/ },
  { number: "D154", type: "tap", change: /^(args\.cni\.)?mac: /, difference: GO_REFUSES },
  {
    number: "D201",
    type: "portmap",
    change: /hostIP/,
    difference: /ours failed: .*cannot be mapped/,
  },
  {
    ...{ number: "D158", change: /^args\.cni\.mac: / },
    difference: /^(result: |ADD: Go done, ours failed: .*invalid MAC address)/,
  },
  { number: "D262", change: /^cniVersion is spelt /, difference: /^(result|check)/ },
  { number: "D262", change: /^(cniVersion|name|plugins) is spelt /, difference: GO_REFUSES },
  {
    number: "D263",
    change: /^ipMasqBackend: /,
    difference: /ours failed: .*unknown ipmasq backend/,
  },
  { number: "D264", change: /\.scope: 253/, difference: GO_REFUSES },
  {
    number: "D265",
    change: /\.(scope|mtu|advmss|priority|table)/,
    difference: /ours failed: .*"ipam\.routes/,
  },
  {
    ...{ number: "D263", type: "firewall", change: /^firewalldZone: / },
    difference: /ours failed: .*is no name of a zone/,
  },
  { number: "D267", change: /\bipam: (\{\}|null)/, difference: /^result: .*"dns"/ },
  {
    number: "D268",
    change: /\[ null \]|\.\d+: null/,
    difference: /ours failed: .*expected a string/,
  },
  {
    ...{ number: "D269", type: "tuning", change: /^args\.cni\.sysctl/ },
    difference: /^ADD: Go failed, ours done: .*panic: assignment to entry in nil map/,
  },
];

/** The number of a difference; undefined for one that has none. */
export function numberOf(configuration: Configuration, difference: string): string | undefined {
  const { type, changes } = configuration;
  const known = KNOWN.find(
    (each) =>
      (each.type ?? type) === type &&
      each.difference.test(difference) &&
      (each.change === undefined || changes.some((text) => each.change?.test(text))),
  );
  return known?.number;
}

/** Every number that is used here. */
export const NUMBERS: readonly string[] = [...new Set(KNOWN.map(({ number }) => number))];
