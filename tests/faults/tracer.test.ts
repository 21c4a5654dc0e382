import { expect, test } from "bun:test";
import { parseTrace } from "./tracer.ts";

function calls(lines: readonly string[]): [string, number][] {
  return parseTrace(lines.join("\n"), "/run/netns/c1").map(({ call, nth }) => [call, nth]);
}

test("points begin at the container's namespace, and are the first thread's", () => {
  const lines = [
    '7 openat(AT_FDCWD, "/etc/x", O_RDONLY) = 3',
    '7 statx(AT_FDCWD, "/run/netns/c1", 0, 0, {}) = 0',
    '8 openat(AT_FDCWD, "/other", O_RDONLY) = 4',
    '7 openat(AT_FDCWD, "/run/netns/c1", O_RDONLY) = 4',
    '7 write(1, "out", 3) = 3',
    '7 write(5, "x", 1) = 1',
  ];
  expect(calls(lines)).toEqual([
    ["openat", 2],
    ["write", 2],
  ]);
});

test("a call that the kernel restarts counts once, in one line or in two", () => {
  const lines = [
    '7 openat(AT_FDCWD, "/run/netns/c1", O_RDONLY) = 4',
    '7 pwrite64(5, "1", 1, 0) = ? ERESTARTNOINTR (To be restarted)',
    '7 pwrite64(5, "1", 1, 0) = 1',
    '7 pwrite64(6, "2", 1, 0 <unfinished ...>',
    '8 write(9, "x", 1) = 1',
    "7 <... pwrite64 resumed>) = ? ERESTARTNOINTR (To be restarted)",
    '7 pwrite64(6, "2", 1, 0) = 1',
    '7 pwrite64(7, "3", 1, 0) = 1',
  ];
  expect(calls(lines)).toEqual([
    ["openat", 1],
    ["pwrite64", 1],
    ["pwrite64", 2],
    ["pwrite64", 3],
  ]);
});
