// @ts-check

/** The longest name of a file, without what a temporary copy of it may add. */
const LONGEST = 64;

/** What a node has in its directory of plugins: a program of that name would replace it. */
export const TAKEN = new Set([
  ...["bandwidth", "bridge", "cluster", "dhcp", "dummy", "firewall", "host-device", "host-local"],
  ...["ipvlan", "loopback", "macvlan", "portmap", "ptp", "sbr", "static", "tap", "tuning", "vlan"],
  ...["vrf"],
]);

/** What a project depends on: npm installs nothing into a package of its own name. */
export const DEPENDENCIES = ["@types/node", "esbuild", "hawser", "typescript", "valibot"];

/**
 * Why a plugin cannot have this name, as a sentence; undefined when it can.
 * @param {string} name
 * @returns {string | undefined}
 */
export function nameProblem(name) {
  const quoted = JSON.stringify(name);
  if (!/^[a-z0-9][a-z0-9._-]*$/u.test(name)) {
    return `${quoted} cannot be the name of a plugin: small letters, digits, ".", "_" and "-" make one, and a letter or a digit comes first`;
  }
  if (name.length > LONGEST)
    return `a name of ${name.length} letters is too long: ${LONGEST} are the most`;
  if (TAKEN.has(name))
    return `${quoted} is a plugin that nodes have already, and yours would replace it`;
  if (DEPENDENCIES.includes(name) || name === "node_modules") {
    return `${quoted} is the name of a package that the project needs itself`;
  }
  return undefined;
}
