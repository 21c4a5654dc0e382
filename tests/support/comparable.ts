import type { Keys } from "./plugin-call.ts";

/** What two implementations choose for themselves. */
const CHOSEN = {
  /** Names of the host's ends of veth pairs. */
  veth: [/"veth[0-9a-f]{8}"/gu, '"veth"'],
  /** Those that tests ask for begin with c2:11. */
  mac: [/"(?!c2:11)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"/gu, '"mac"'],
  /** D94: our interfaces have an MTU. */
  mtu: [/"mtu":\d+,/gu, ""],
} as const;

/** A result without what is chosen, and without the empty dns of releases before 1.4. */
export function comparable(result: Keys, ...without: readonly (keyof typeof CHOSEN)[]): Keys {
  const { dns, ...rest } = result;
  const text = without.reduce(
    (left, each) => left.replaceAll(CHOSEN[each][0], CHOSEN[each][1]),
    JSON.stringify(rest),
  );
  const kept = dns === undefined || JSON.stringify(dns) === "{}" ? {} : { dns };
  return { ...(JSON.parse(text) as Keys), ...kept };
}
