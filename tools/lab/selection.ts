import type { Kind, TestFile } from "../test/files.ts";
import { missingThing, type Outcome, plainName } from "../test/outcome.ts";
import type { JobFile } from "./job.ts";

/** Which kernel tests run in the lab, where starting a program takes thirty times longer. */

/** What does not gain from another kernel what it would cost in time. */
const LEFT_OUT: readonly (readonly [start: string, why: string])[] = [
  ["bench/", "times mean nothing there"],
  ["tests/clients/", "podman and the like, which are slow to start"],
  ["tests/faults/", "campaigns with thousands of programs"],
  ["tests/peers/", "Go programs and npm packages against ours, not against the kernel"],
  ["tests/demo", "the demo, as an ordinary user starts it"],
  ["tests/shell/", "fish and zsh"],
  ["src/cli/", "the executable's own start and words"],
  ["tests/plugins/examples.", "the first of each plugin is in tests/plugins/table"],
  ["src/plugins/bridge/golden.", "three sets of plugins at every version"],
  ["src/plugins/portmap/peers.", "three sets of plugins at every version"],
];

/** A kernel feature or a network card: what the lab has, and another machine may lack. */
const LAB_HAS = /\bkernel:|\bvirtio-nic\b/;

/** Whether tests of this kind run in namespaces of their own: only these can run in the lab. */
export function inWorld(kind: Kind): boolean {
  return kind === "netns" || kind === "client";
}

/**
 * The kernel tests that the lab runs: whole files, and of the files that are left out the tests that
 * this machine skipped for something that the lab has.
 */
export function forLab(files: readonly TestFile[], outcomes: readonly Outcome[] = []): JobFile[] {
  return files.flatMap(({ path, kind }): JobFile[] => {
    if (!inWorld(kind)) {
      return [];
    }
    if (!LEFT_OUT.some(([start]) => path.startsWith(start))) {
      return [{ path }];
    }
    const skipped = outcomes.filter(({ file, name, status }) => {
      return file === path && status === "skipped" && LAB_HAS.test(missingThing(name) ?? "");
    });
    return skipped.length === 0 ? [] : [{ path, name: anyOf(skipped) }];
  });
}

function anyOf(outcomes: readonly Outcome[]): string {
  const names = outcomes.map(({ name }) => plainName(name).replaceAll(" > ", " "));
  return `^(?:${names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})$`;
}
