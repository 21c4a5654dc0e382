import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { startable } from "../../tests/support/programs.ts";
import type { Machine } from "./machine.ts";
import { PACKAGES, packageOf } from "./packages.ts";
import { setUp } from "./setup.ts";

/** A machine that has everything but some programs; what is run on it is noted. */
function machine(
  missing: readonly string[],
  more: Partial<Machine> = {},
): Machine & { ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    manager: "apt",
    isRoot: true,
    hasLabKernel: true,
    has: (program) => !missing.includes(program),
    ask: () => "",
    run: (argv) => {
      ran.push(argv.join(" "));
      return true;
    },
    ...more,
  };
}

function said(on: Machine): { code: number; text: string } {
  const lines: string[] = [];
  const code = setUp(on, (line) => lines.push(line));
  return { code, text: lines.join("\n") };
}

test("case L8, kind: what is missing is installed, each command printed first, and services stay off", () => {
  const on = machine(["nft", "firewalld", "/usr/sbin/policy-rc.d"]);
  const { code, text } = said(on);
  expect(code).toBe(0);
  expect(text.split("\n")).toEqual(on.ran.map((command) => `+ ${command}`));
  expect(on.ran[0]).toBe("apt-get update -qq");
  expect(on.ran.find((command) => command.startsWith("apt-get install"))).toEndWith(
    " --no-remove firewalld nftables",
  );
  expect(on.ran.at(-2)).toBe("rm -f /usr/sbin/policy-rc.d");
  expect(on.ran.at(-1)).toBe("systemctl disable --quiet firewalld.service");
});

test("without root it is done by sudo, or told", () => {
  const on = machine(["nft"], { isRoot: false });
  expect(said(on).code).toBe(0);
  expect(on.ran.every((command) => command.startsWith("sudo "))).toBe(true);
  const without = machine(["nft", "sudo"], { isRoot: false });
  expect(said(without)).toMatchObject({ code: 1 });
  expect(said(without).text).toContain("apt-get install --no-install-recommends nftables");
  expect(without.ran).toEqual([]);
});

test("a release that lacks a package says so, and gets the others", () => {
  const on = machine(["dhcpd", "nft"], {
    ask: (argv) => (argv.includes("isc-dhcp-server") ? undefined : ""),
  });
  const { code, text } = said(on);
  expect(code).toBe(1);
  expect(text).toContain("has no package isc-dhcp-server: tests that use dhcpd are skipped");
  expect(on.ran.some((command) => command.endsWith(" nftables"))).toBe(true);
});

test("elsewhere the packages are named, as they are called there", () => {
  const on = machine(["ip", "conntrack"], { manager: "dnf" });
  const { code, text } = said(on);
  expect([code, on.ran]).toEqual([1, []]);
  expect(text).toEndWith("  dnf install conntrack-tools iproute iproute-tc");
  const unknown = said(machine(["conntrack"], { manager: undefined }));
  expect(unknown.text).toContain("conntrack (conntrack)");
});

test("where nothing is missing, nothing is done", () => {
  const on = machine([]);
  expect(said(on)).toEqual({ code: 0, text: "Nothing is missing: every test finds its programs." });
  expect(on.ran).toEqual([]);
});

test("packages may be chosen, and CI chooses all", () => {
  const on = machine(["nft", "jq"]);
  expect(setUp(on, () => undefined, ["jq"])).toBe(0);
  expect(on.ran.find((command) => command.startsWith("apt-get install"))).toEndWith(" jq");
  expect(setUp(on, () => undefined, ["no-such-package"])).toBe(2);
  const script = readFileSync(new URL("../../.ci/run", import.meta.url), "utf8");
  const installed = /^packages=\(([^)]*)\)/m.exec(script)?.[1]?.trim().split(/\s+/) ?? [];
  expect(installed).toEqual(PACKAGES.map(({ name }) => name));
});

test("each package is listed once, and has a program that tells whether it is there", () => {
  const names = PACKAGES.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)].sort());
  expect(PACKAGES.filter(({ programs }) => programs.length === 0)).toEqual([]);
  expect(packageOf("ip6tables-legacy-save")).toBe("iptables");
  expect(packageOf("/usr/lib/cni/bridge")).toBe("containernetworking-plugins");
  expect(packageOf("sh")).toBeUndefined();
});

test("case L8: a program that is missing ends a test by its name, wherever it stands in the command", () => {
  const nowhere = "/nowhere";
  const name = (...argv: string[]): string => {
    try {
      startable(argv, nowhere);
    } catch (error) {
      return `${(error as Error).name} ${(error as Error).message}`;
    }
    return "starts";
  };
  expect(name("nft", "list", "ruleset")).toBe("MissingProgram nft");
  expect(name("timeout", "5", "jq", ".")).toBe("MissingProgram jq");
  expect(name("env", "A=b", "conntrack", "-L")).toBe("MissingProgram conntrack");
  expect(name("sh", "-c", "true")).toBe("starts");
  // A misspelt name is a failure, not a skip.
  expect(name("ntf", "list")).toBe("starts");
});
