import type { Kind, TestFile } from "../test/files.ts";
import { missingThing, type Outcome, plainName } from "../test/outcome.ts";
import type { JobFile } from "./job.ts";

/** Which kernel tests run in the lab, where starting a program takes thirty times longer. */

/** What depends on the kernel: these run at the end of every whole `npm test`. */
const MEETS_KERNEL: readonly string[] = ["src/kernel/", "src/state/interface/", "tests/support/"];

/** What has no business in the lab, even when all of it runs. */
const LEFT_OUT: readonly (readonly [start: string, why: string])[] = [
  ["bench/", "times mean nothing there"],
  ["src/cli/", "the executable's own start and words"],
  ["src/install/", "files and disks"],
  ["src/plugins/bandwidth/traffic.", "emulated links are slower than its limits"],
  ["src/plugins/bridge/golden.", "three sets of plugins at every version"],
  ["src/plugins/bridge/parallel.", "twenty programs at once"],
  ["src/plugins/portmap/peers.", "three sets of plugins at every version"],
  ["tests/clients/", "podman and the like, which are slow to start"],
  ["tests/daemon/", "the daemon under load"],
  ["tests/demo", "the demo, as an ordinary user starts it"],
  ["tests/doctor/healthy.", "a hundred nodes"],
  ["tests/faults/", "campaigns with thousands of programs"],
  ["tests/packaging/", "systemd's unit"],
  ["tests/peers/", "Go programs and npm packages against ours, not against the kernel"],
  ["tests/plugins/examples.", "the first of each plugin is in tests/plugins/table"],
  ["tests/shell/", "fish and zsh"],
  ["tests/support/browser.", "a browser"],
  ["tests/tour", "the commands as people type them"],
  ["tests/ui/", "a browser"],
];

const LEFT_OUT_STARTS = LEFT_OUT.map(([start]) => start);

/** What starts so many programs that the lab runs it only by its name, even what was skipped here. */
const BY_NAME_ALONE: readonly (readonly [start: string, why: string])[] = [
  ["tests/conformance/", "the suite on plugins, each check of a dozen programs"],
  ["tests/differential/", "two hosts a case, each of dozens of programs"],
  ["tests/plugins/entry-programs.", "each plugin as a program, which takes seconds to start"],
];

const SLOW_STARTS = BY_NAME_ALONE.map(([start]) => start);

/** A kernel feature or a network card: what the lab has, and another machine may lack. */
const LAB_HAS = /\bkernel:|\bvirtio-nic\b/;

/** Whether tests of this kind run in namespaces of their own: only these can run in the lab. */
export function inWorld(kind: Kind): boolean {
  return kind === "netns" || kind === "client";
}

/**
 * What the lab runs after this machine: of every file the tests that were skipped here for something
 * that the lab has, and, whole, the files whose outcome depends on the kernel. The skipped ones come
 * first.
 */
export function forLab(files: readonly TestFile[], outcomes: readonly Outcome[]): JobFile[] {
  const inside = files.filter(
    ({ kind, path }) => inWorld(kind) && !startsWithOne(path, SLOW_STARTS),
  );
  const whole = inside.filter(
    ({ path }) => startsWithOne(path, MEETS_KERNEL) && !startsWithOne(path, LEFT_OUT_STARTS),
  );
  const owed = inside.flatMap((file): JobFile[] => {
    const { path } = file;
    const skipped = outcomes.filter(({ file: of, name, status }) => {
      return of === path && status === "skipped" && LAB_HAS.test(missingThing(name) ?? "");
    });
    return skipped.length === 0 || whole.includes(file) ? [] : [{ path, name: anyOf(skipped) }];
  });
  return [...owed, ...whole.map(({ path }) => ({ path }))];
}

/** All that the lab can run, without what has no business there. */
export function allForLab(files: readonly TestFile[]): JobFile[] {
  const starts = [...LEFT_OUT_STARTS, ...SLOW_STARTS];
  return files
    .filter(({ path, kind }) => inWorld(kind) && !startsWithOne(path, starts))
    .map(({ path }) => ({ path }));
}

/** What differs between machines: the layouts of the kernel's structures, and the programs. */
const MEETS_MACHINE: readonly string[] = [
  ...["src/kernel/", "src/cli/deleted-cwd.", "tests/demo.", "tests/daemon/same."],
  "tests/plugins/entry-programs.",
];

/** The ways in which one file runs each plugin: each takes long, so they are tried side by side. */
const WAYS: readonly string[] = ["entry programs without", "entry programs with the"];

/** What tells whether a build for another architecture works, what takes longest first. */
export function forArchitecture(files: readonly TestFile[]): JobFile[] {
  const inside = files.filter(({ path }) => startsWithOne(path, MEETS_MACHINE));
  const isLong = ({ path }: TestFile): boolean => path.startsWith("tests/plugins/");
  const others = inside.filter((file) => !isLong(file));
  return [
    ...inside.filter(isLong).flatMap(({ path }) => WAYS.map((way) => ({ path, name: `^${way} ` }))),
    ...others.map(({ path }) => ({ path })),
  ];
}

function startsWithOne(path: string, starts: readonly string[]): boolean {
  return starts.some((start) => path.startsWith(start));
}

function anyOf(outcomes: readonly Outcome[]): string {
  const names = outcomes.map(({ name }) => plainName(name).replaceAll(" > ", " "));
  return `^(?:${names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})$`;
}
