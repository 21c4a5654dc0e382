/** The guides whose commands `npm run guides` types; tests/clients and tests/site run what the others show. */
export const WALKED: readonly string[] = [
  "ports",
  "fixed-address",
  "dual-stack",
  "firewall",
  "migrate",
  "debugging",
  "messages",
];
