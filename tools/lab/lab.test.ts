import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { needs } from "../../tests/support/needs.ts";
import { startable } from "../../tests/support/programs.ts";
import type { Outcome } from "../test/outcome.ts";
import { inScratch } from "../test/process.ts";
import { archive, type Entry } from "./cpio.ts";
import { Image, librariesIn } from "./image.ts";
import { type Report, readJob, readReport, reportLine, writeJob } from "./job.ts";
import { unreported } from "./lab.ts";
import { Lines } from "./qemu.ts";
import { allForLab, forArchitecture, forLab } from "./selection.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

needs("busybox")("the archive is one that cpio unpacks", async () => {
  const entries: Entry[] = [
    { kind: "directory", path: "/a" },
    { kind: "file", path: "/a/odd", content: bytes("hello"), executable: true },
    { kind: "file", path: "/a/plain", content: bytes(""), executable: false },
    { kind: "link", path: "/a/link", target: "odd" },
  ];
  const stdin = Buffer.concat([...archive(entries)]);
  await inScratch(async (cwd) => {
    expect(Bun.spawnSync(startable(["busybox", "cpio", "-i"]), { stdin, cwd }).exitCode).toBe(0);
    expect(readFileSync(join(cwd, "a/link"), "utf8")).toBe("hello");
  });
  const listed = Bun.spawnSync(startable(["busybox", "cpio", "-tv"]), { stdin }).stdout.toString();
  const modes = listed.split("\n").map((line) => line.slice(0, 10));
  expect(modes).toEqual(["drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--", "lrwxrwxrwx", ""]);
});

test("an image has parents before children, each once, and what links point to", async () => {
  await inScratch(async (top) => {
    mkdirSync(join(top, "far/unwanted"), { recursive: true });
    writeFileSync(join(top, "far/file"), "text");
    mkdirSync(join(top, "near"));
    symlinkSync("../far/file", join(top, "near/link"));
    symlinkSync("nowhere", join(top, "near/dangling"));
    const image = new Image();
    image.copy(join(top, "near"));
    image.copy(join(top, "nothing"));
    image.copy(join(top, "far"), join(top, "far"), (path) => !path.endsWith("unwanted"));
    const paths = [...image.entries()].map(({ path }) => path);
    const inside = paths.filter((path) => path.startsWith(`${top}/`));
    expect(inside.map((path) => path.slice(top.length + 1)).sort()).toEqual([
      ...["far", "far/file", "near", "near/dangling", "near/link"],
    ]);
    for (const [at, path] of paths.entries()) {
      const parent = join(path, "..");
      expect(parent === "/" || paths.indexOf(parent) < at).toBe(true);
      expect(paths.indexOf(path)).toBe(at);
    }
  });
});

test("libraries are read from what ldd says", () => {
  const said = `	linux-vdso.so.1 (0x00007f9c9e0c6000)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f9c9ded3000)
	libgone.so => not found
	/lib64/ld-linux-x86-64.so.2 (0x00007f9c9e0c8000)
`;
  const libc = "/lib/x86_64-linux-gnu/libc.so.6";
  expect(librariesIn(said)).toEqual([libc, "/lib64/ld-linux-x86-64.so.2"]);
  expect(librariesIn("	statically linked\n")).toEqual([]);
});

test("a job and its reports come through as they were", () => {
  const job = { files: [{ path: "a.netns.test.ts" }, { path: "b.netns.test.ts", name: "^x$" }] };
  expect(readJob(writeJob(job))).toEqual(job);
  const path = "a.netns.test.ts";
  const report: Report = { path, outcomes: [{ file: path, name: 'ä\n"', status: "passed" }] };
  expect(reportLine(report)).not.toContain("\n");
  expect(readReport(reportLine(report))).toEqual(report);
  expect(readReport("ok   a.netns.test.ts")).toBeUndefined();
});

test("a file of which nothing was heard is told", () => {
  const files = [{ path: "a" }, { path: "b" }];
  expect(unreported(files, [{ path: "b", outcomes: [] }])).toEqual(["a"]);
  expect(unreported(files, [])).toEqual(["a", "b"]);
});

test("lines are made of pieces, and the last needs no end", () => {
  const told: string[] = [];
  const lines = new Lines((line) => told.push(line));
  for (const piece of ["a", "b\r", "\nc\n\nd", "e"]) lines.add(piece);
  expect(told).toEqual(["ab", "c", ""]);
  lines.end();
  lines.end();
  expect(told).toEqual(["ab", "c", "", "de"]);
});

describe("what the lab runs", () => {
  const link = { path: "src/kernel/route/link.netns.test.ts", kind: "netns" } as const;
  const vlan = { path: "src/plugins/vlan/vlan.netns.test.ts", kind: "netns" } as const;
  const faults = { path: "tests/faults/types.netns.test.ts", kind: "netns" } as const;
  const client = { path: "tests/clients/podman.client.test.ts", kind: "client" } as const;
  const suite = { path: "tests/conformance/plugins.netns.test.ts", kind: "netns" } as const;
  const unit = { path: "src/kernel/x.test.ts", kind: "unit" } as const;
  const files = [link, vlan, faults, client, suite, unit];
  const skip = (file: string, name: string): Outcome => ({ file, name, status: "skipped" });

  test("alone: kernel tests, without what has no business there", () => {
    expect(allForLab(files)).toEqual([{ path: link.path }, { path: vlan.path }]);
  });

  test("after this machine: files that a kernel can be told apart by", () => {
    expect(forLab(files, [])).toEqual([{ path: link.path }]);
  });

  test("before them, of all files, what was skipped here for something that the lab has", () => {
    const [one, two, three] = forLab(files, [
      skip(link.path, "a (skipped: needs kernel:vlan)"),
      skip(faults.path, "vlan > a+b (skipped: needs kernel:vlan)"),
      skip(faults.path, "c (skipped: needs podman)"),
      skip(client.path, "podman (skipped: needs podman)"),
      skip(suite.path, "vlan (skipped: needs kernel:vlan)"),
      { file: vlan.path, name: "needs kernel:vlan", status: "passed" },
    ]);
    expect([one?.path, two, three]).toEqual([faults.path, { path: link.path }, undefined]);
    const pattern = new RegExp(one?.name ?? "");
    expect(["vlan a+b", "c", "vlan aab", "a vlan a+b"].map((x) => pattern.test(x))).toEqual([
      ...[true, false, false, false],
    ]);
  });

  test("of another architecture: what differs between machines, and each way by itself", () => {
    const programs = { path: "tests/plugins/entry-programs.netns.test.ts", kind: "netns" } as const;
    const jobs = forArchitecture([...files, programs]);
    const names = jobs.map(({ name = "" }) => name);
    expect(jobs.map(({ path }) => path)).toEqual([
      ...[programs.path, programs.path],
      ...[link.path, unit.path],
    ]);
    for (const how of ["without a daemon", "with the daemon"]) {
      const way = `entry programs ${how} vlan`;
      expect(names.filter((name) => name !== "" && new RegExp(name).test(way))).toHaveLength(1);
    }
  });
});
