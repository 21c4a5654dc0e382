import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inScratch, run } from "../../tools/test/process.ts";
import { HOME_VARIABLE, ownNamespaces, sharedWithMachine } from "./namespaces.ts";

/** What the support of tests promises, seen from outside: test files that Bun runs. */

async function runTestFile(
  text: string,
  env: Readonly<Record<string, string>> = {},
  ...options: string[]
): Promise<{ exitCode: number | undefined; output: string }> {
  return await inScratch(async (scratch) => {
    writeFileSync(join(scratch, "x.test.ts"), text);
    const argv = [process.execPath, "test", "./x.test.ts", ...options];
    return await run(argv, { cwd: scratch, env, timeoutSeconds: 30 });
  });
}

const support = (file: string): string => JSON.stringify(join(import.meta.dir, file));

describe("needs", () => {
  const file = `
    import { needs } from ${support("needs.ts")};
    needs("nft", "no-such-program")("x", () => { throw new Error("it ran"); });
  `;

  test("skips, with what is missing in the name", async () => {
    const env = { CI: "", PATH: "/nowhere" };
    const { exitCode, output } = await runTestFile(file, env);
    expect(output).toContain("x (skipped: needs nft, no-such-program)");
    expect(exitCode).toBe(0);
  });

  test("fails in CI, for what CI installs", async () => {
    const env = { CI: "true", PATH: "/nowhere" };
    const { exitCode, output } = await runTestFile(file, env);
    expect(output).toContain("nft is missing, though `npm run setup` installs it");
    expect(exitCode).toBe(1);
  });
});

describe("failOnLeakedDescriptors", () => {
  const file = (body: string): string => `
    import { test } from "bun:test";
    import { failOnLeakedDescriptors } from ${support("descriptors.ts")};
    import { closeSync, openSync } from "node:fs";
    failOnLeakedDescriptors();
    test("x", async () => { ${body} });
  `;

  test("a namespace left open fails the test", async () => {
    const { exitCode, output } = await runTestFile(file('openSync("/proc/self/ns/net", "r");'));
    expect(output).toMatch(/the test leaked: descriptor \d+ is still open: net:\[/);
    expect(exitCode).toBe(1);
  });

  test("so does a socket", async () => {
    const body = 'await Bun.udpSocket({ hostname: "127.0.0.1" });';
    const { exitCode, output } = await runTestFile(file(body));
    expect(output).toMatch(/still open: socket:/);
    expect(exitCode).toBe(1);
  });

  test("what is closed again does not", async () => {
    const { exitCode } = await runTestFile(file('closeSync(openSync("/proc/self/ns/net", "r"));'));
    expect(exitCode).toBe(0);
  });
});

describe("the guard of kernel tests", () => {
  const file = 'import { test } from "bun:test"; test("x", () => {});';
  const preload = `--preload=${join(import.meta.dir, "world.ts")}`;

  test("refuses the namespaces that the runner was started in", async () => {
    const env = { [HOME_VARIABLE]: ownNamespaces() };
    const { exitCode, output } = await runTestFile(file, env, preload);
    expect(output).toContain("refusing to change the machine's own net and mnt namespace");
    expect(exitCode).not.toBe(0);
  });

  test("takes the runner's word for nothing but what it was started in", () => {
    expect(sharedWithMachine(ownNamespaces())).toEqual(["net", "mnt"]);
    expect(sharedWithMachine(ownNamespaces().split(" ")[0])).toContain("net");
  });
});
