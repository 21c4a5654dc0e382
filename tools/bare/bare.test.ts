import { expect, test } from "bun:test";
import { join } from "node:path";
import { must } from "../../tests/support/exec.ts";
import { needs } from "../../tests/support/needs.ts";
import { PACKAGES } from "../setup/packages.ts";
import { ROOT } from "../test/files.ts";
import { bareEnvironment } from "./bare.ts";
import { hiddenPrograms } from "./hidden.ts";

const BARE = join(ROOT, "tools/bare.ts");
const TIMEOUT_MS = 60_000;

needs("root")(
  "case L8, kind: a bare machine has Node and npm, and none of the programs that setup brings",
  async () => {
    const names = PACKAGES.filter(({ name }) => name !== "util-linux")
      .flatMap(({ programs }) => programs)
      .filter((program) => !/^\/usr\/(?:include|share|lib\/cni$)/u.test(program));
    const script = 'for program; do command -v "$program" || true; done';
    const words = ["sh", "-c", script, "sh", ...names, "node", "npm", "mount"];
    const found = await must([process.execPath, BARE, ...words]);
    expect(found.trim().split("\n")).toEqual(
      ["node", "npm", "mount"].map((name) => Bun.which(name) ?? ""),
    );
    // What was kept is there, and the machine has all as before.
    const there = await must([
      process.execPath,
      BARE,
      "--keep",
      "jq",
      "sh",
      "-c",
      "command -v jq; true",
    ]);
    expect(there.trim()).toBe(Bun.which("jq") ?? "");
  },
  TIMEOUT_MS,
);

needs("root")("its exit code is the command's", async () => {
  const child = Bun.spawn([process.execPath, BARE, "sh", "-c", "exit 7"]);
  expect(await child.exited).toBe(7);
});

test("a bare machine does not promise its programs, as CI does", () => {
  const env = bareEnvironment(
    { CI: "true", HOME: "/root", PATH: "/opt/go/bin" },
    "/opt/node/bin/node",
  );
  expect(env["CI"]).toBeUndefined();
  expect(env["HOME"]).toBe("/root");
  expect(env["PATH"]).toStartWith("/opt/node/bin:");
  expect(env["PATH"]).not.toContain("go");
});

test("where there is no dpkg, the programs of the list are hidden, and no others", () => {
  const hidden = hiddenPrograms([], () => undefined).get("/usr/bin") ?? [];
  const names = new Set(PACKAGES.flatMap(({ programs }) => programs));
  expect(hidden.filter((name) => !names.has(name))).toEqual([]);
  expect(hidden).not.toContain("unshare");
});
