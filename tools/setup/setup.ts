import { type Machine, systemName } from "./machine.ts";
import { type Manager, PACKAGES, type Package } from "./packages.ts";

/** How each manager is asked for packages. */
const INSTALL: Readonly<Record<Manager, string>> = {
  dnf: "dnf install",
  pacman: "pacman -S --needed",
  apk: "apk add",
  zypper: "zypper install",
};

type Say = (line: string) => void;

/** Brings what is missing, or names it; gives the exit code, 0 when nothing is missing any more. */
export function setUp(machine: Machine, say: Say, chosen: readonly string[] = []): number {
  const unlisted = chosen.filter((name) => !PACKAGES.some((each) => each.name === name));
  if (unlisted.length > 0) {
    say(`tools/setup/packages.ts does not list ${unlisted.join(", ")}`);
    return 2;
  }
  const missing = missingPackages(machine).filter(({ name }) => {
    return chosen.length === 0 || chosen.includes(name);
  });
  if (missing.length === 0) say("Nothing is missing: every test finds its programs.");
  if (machine.manager !== "apt") {
    if (missing.length > 0) nameThem(machine, missing, say);
    return missing.length === 0 ? 0 : 1;
  }
  if (missing.length === 0 && machine.hasLabKernel) return 0;
  return install(machine, missing, say) ? 0 : 1;
}

/** What the first program is missing of: another package of other origin may have brought it. */
export function missingPackages({ has }: Pick<Machine, "has">): Package[] {
  return PACKAGES.filter(({ programs: [program = ""] }) => !has(program));
}

function nameThem({ manager }: Machine, missing: readonly Package[], say: Say): void {
  say(`On ${systemName()} these are to be installed by hand; tests that miss one are skipped:`);
  if (manager === undefined || manager === "apt") {
    for (const { name, programs } of missing) say(`  ${name} (${programs.slice(0, 2).join(", ")})`);
    return;
  }
  const names = missing.map(({ name, elsewhere }) => elsewhere?.[manager] ?? name);
  say(`  ${INSTALL[manager]} ${[...new Set(names)].join(" ")}`);
}

/** False when something is still missing. */
function install(machine: Machine, missing: readonly Package[], say: Say): boolean {
  const run = (...argv: string[]): boolean => {
    const command = machine.isRoot ? argv : ["sudo", ...argv];
    say(`+ ${command.join(" ")}`);
    return machine.run(command);
  };
  if (!machine.isRoot && !machine.has("sudo")) {
    const names = missing.map(({ name }) => name).join(" ");
    say("Only root may install packages, and there is no sudo. As root:");
    say(`  apt-get install --no-install-recommends ${names}`);
    return false;
  }
  if (!run("apt-get", "update", "-qq")) return false;
  const [known, unknown] = split(missing, ({ name }) => {
    return machine.ask(["apt-cache", "show", "--no-all-versions", name]) !== undefined;
  });
  for (const { name, programs } of unknown) {
    say(`${systemName()} has no package ${name}: tests that use ${programs[0]} are skipped`);
  }
  if (known.length === 0) return unknown.length === 0;
  const names = known.map(({ name }) => name);
  // Tests start firewalld and the like in namespaces of their own; the machine's own stay off.
  const policy = "/usr/sbin/policy-rc.d";
  const holds = !machine.has(policy);
  if (holds) run("sh", "-c", `printf '#!/bin/sh\\nexit 101\\n' >${policy} && chmod +x ${policy}`);
  const options = ["-qq", "--yes", "--no-install-recommends", "--no-remove"];
  const done = run("apt-get", "install", ...options, ...names);
  if (holds) run("rm", "-f", policy);
  const services = known.flatMap((each) => each.services ?? []);
  if (done && services.length > 0 && machine.has("systemctl")) {
    run("systemctl", "disable", "--quiet", ...services);
  }
  return done && unknown.length === 0;
}

function split<T>(all: readonly T[], holds: (one: T) => boolean): [T[], T[]] {
  return [all.filter(holds), all.filter((one) => !holds(one))];
}
