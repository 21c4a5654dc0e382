import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fakeIo } from "../../../tests/support/cli-io.ts";
import { needs } from "../../../tests/support/needs.ts";
import { PLUGINS } from "../../plugins/registry/index.ts";
import { parseJsonWithComments } from "../../spec/index.ts";
import { makeProgram } from "../hawser.ts";
import { manualPages } from "./index.ts";

const program = makeProgram(fakeIo([]).io, () => undefined);
const pages = await manualPages({ program, notes: "\nNotes.\n" }, "1.2.3");

test("there is a page for hawser, each of its commands, cnitool and the configurations", () => {
  const names = Object.keys(pages);
  for (const command of ["add", "ls", "doctor", "trace-on", "conformance-plugin", "dhcp-daemon"]) {
    expect(names).toContain(`man1/hawser-${command}.1`);
  }
  for (const name of ["man1/hawser.1", "man1/cnitool.1", "man5/hawser-conflist.5"]) {
    expect(names).toContain(name);
  }
  expect(names.filter((name) => /complete\.1$|help\.1$/.test(name))).toEqual([]);
});

test.each(Object.entries(pages))(
  "%s is a page by its name, with the usual sections",
  (path, text) => {
    const [, section = "", name = ""] = /^man(\d)\/([\w-]+)\.\1$/.exec(path) ?? [];
    expect(text).toStartWith(`.TH ${name.toUpperCase()} ${section} "" "Hawser 1.2.3"\n.SH NAME\n`);
    expect(text).toContain(`\n${name.replaceAll("-", "\\-")} \\- `);
    for (const title of [section === "5" ? "DESCRIPTION" : "SYNOPSIS", "SEE ALSO"]) {
      expect(text).toContain(`\n.SH ${title}\n`);
    }
    // A line that begins with a dot is a request; those that are used here are known.
    const requests = [...text.matchAll(/^\.(\w*)/gm)].map(([, request]) => request);
    const known = ["TH", "SH", "SS", "TP", "B", "BR", "PP", "RS", "RE", "nf", "fi"];
    expect(requests.filter((request) => !known.includes(request ?? ""))).toEqual([]);
  },
);

test("the page of configurations has every plugin with its keys", () => {
  const text = pages["man5/hawser-conflist.5"] ?? "";
  for (const type of PLUGINS.keys()) expect(text).toContain(`\n.SS ${type}\n`);
  expect(text).toContain("\n.B ipam.ranges[][].subnet\n");
});

test("the fleet of that page is the one that docs/cluster.md sets up, which is run", () => {
  const text = pages["man5/hawser-conflist.5"] ?? "";
  const [, shown = ""] =
    /"name": "dbnet"[\s\S]*?(\{\n {2}"\$schema"[\s\S]*?\n\})\n/u.exec(text) ?? [];
  const file = join(import.meta.dir, "../../../examples/cluster/pods.conflist");
  const run = parseJsonWithComments(readFileSync(file, "utf8"));
  expect(JSON.parse(shown.replaceAll("\\-", "-"))).toEqual(run);
});

needs("groff")("groff reads every page without a warning", () => {
  for (const [path, text] of Object.entries(pages)) {
    const { status, stdout, stderr } = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-K", "utf8"], {
      input: text,
      encoding: "utf8",
    });
    expect([path, status, stderr]).toEqual([path, 0, ""]);
    // Bold is a character, a step back, and the character again.
    expect(stdout.split("\b").length).toBeGreaterThan(1);
  }
});
