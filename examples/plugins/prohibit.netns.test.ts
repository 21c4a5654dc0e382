import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, type RunAnswer, run } from "../../tests/support/exec.ts";
import { type Feature, has } from "../../tests/support/features.ts";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";

requireOwnNamespaces();

const NEEDED: Feature[] = ["ip", "jq", "nsenter", "unshare", "kernel:ipv6"];
const test = needs(...NEEDED);

const dir = mkdtempSync(join(tmpdir(), "hawser-prohibit-"));
const [one, two] = [join(dir, "one"), join(dir, "two")];
const script = join(import.meta.dir, "prohibit.sh");
const path = { PATH: process.env["PATH"] ?? "" };

const TO = ["169.254.169.254/32", "fd00:ec2::254/128"];
const PREV = { cniVersion: "1.1.0", ips: [{ address: "10.1.0.5/16" }], "example.com/x": [1, null] };

beforeAll(async () => {
  if (!NEEDED.every(has)) return;
  for (const netns of [one, two]) {
    writeFileSync(netns, "");
    await must(["unshare", `--net=${netns}`, "ip", "link", "set", "dev", "lo", "up"]);
  }
});
afterAll(async () => {
  if (NEEDED.every(has)) await run(["umount", one, two]);
  rmSync(dir, { recursive: true, force: true });
});

const inside = async (netns: string, ...args: string[]): Promise<string> =>
  await must(["nsenter", `--net=${netns}`, "ip", ...args]);

async function prohibited(netns: string): Promise<string[]> {
  const shown = [await inside(netns, "route"), await inside(netns, "-6", "route")].join("");
  return [...shown.matchAll(/^prohibit (\S+)/gmu)].map(([, to = ""]) => to);
}

async function call(
  operation: string,
  config: Record<string, unknown> | string = {},
  env: Record<string, string | undefined> = {},
): Promise<RunAnswer> {
  const whole = { cniVersion: "1.1.0", name: "net", type: "prohibit", to: TO, prevResult: PREV };
  const parameters = {
    ...{ CNI_COMMAND: operation, CNI_CONTAINERID: "web-1", CNI_NETNS: one, CNI_IFNAME: "lo" },
    CNI_PATH: dir,
    ...env,
  };
  const set = Object.entries(parameters).filter((entry) => entry[1] !== undefined);
  return await run(["sh", script], {
    env: { ...path, ...(Object.fromEntries(set) as Record<string, string>) },
    stdin: typeof config === "string" ? config : JSON.stringify({ ...whole, ...config }),
  });
}

/** The code of the error that was answered, and nothing else was. */
async function failed(...parameters: Parameters<typeof call>): Promise<unknown> {
  const answer = await call(...parameters);
  expect(answer.exitCode).toBe(1);
  const { code, msg } = JSON.parse(answer.stdout) as Record<string, unknown>;
  expect(typeof msg).toBe("string");
  return code;
}

describe("prohibit", () => {
  test("R40 R56 R44 ADD passes the result on, CHECK agrees until a route goes, DEL takes all", async () => {
    const add = await call("ADD");
    expect(add).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(add.stdout)).toEqual(PREV);
    expect(await prohibited(one)).toEqual(["169.254.169.254", "fd00:ec2::254"]);
    expect(await call("CHECK")).toMatchObject({ exitCode: 0, stdout: "" });
    await inside(one, "-6", "route", "flush", "type", "prohibit");
    expect(await failed("CHECK")).toBe(103);
    for (const env of [{}, {}, { CNI_NETNS: "" }, { CNI_NETNS: undefined }]) {
      const del = await call("DEL", { prevResult: undefined }, env);
      expect(del).toMatchObject({ exitCode: 0, stdout: "" });
      expect(await prohibited(one)).toEqual([]);
    }
  });

  test("R102 the result is in the version of the configuration", async () => {
    for (const cniVersion of ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"]) {
      const add = await call("ADD", { cniVersion, prevResult: { ips: [] } });
      expect(JSON.parse(add.stdout)).toEqual({ cniVersion, ips: [] });
      await call("DEL", { cniVersion });
    }
  });

  test("an attachment's routes are its own: not those of a container at the same path", async () => {
    const other = { CNI_CONTAINERID: "web-2", CNI_NETNS: two };
    await call("ADD");
    await call("ADD", { to: ["10.0.0.0/8"] }, other);
    // The first container's path leads to the second one by now.
    expect((await call("DEL", {}, { CNI_NETNS: two })).exitCode).toBe(0);
    expect(await prohibited(two)).toEqual(["10.0.0.0/8"]);
    await inside(two, "route", "add", "prohibit", "10.1.0.0/16");
    await call("DEL", {}, other);
    expect(await prohibited(two)).toEqual(["10.1.0.0/16"]);
    await call("DEL");
  });

  test("an ADD that fails leaves nothing, and a second one leaves the first alone", async () => {
    expect(await failed("ADD", { to: ["10.0.0.0/8", "10.1.2.3/8"] })).toBe(101);
    expect(await prohibited(one)).toEqual([]);
    expect((await call("ADD")).exitCode).toBe(0);
    expect(await failed("ADD")).toBe(4);
    expect(await prohibited(one)).toHaveLength(2);
    await call("DEL");
  });

  test("R63 VERSION says its versions in the version that was asked in", async () => {
    for (const [asked, cniVersion] of [
      ['{"cniVersion":"1.0.0"}', "1.0.0"],
      ["", "1.1.0"],
      ["no JSON", "1.1.0"],
    ]) {
      const { stdout } = await call("VERSION", asked);
      expect(JSON.parse(stdout)).toMatchObject({ cniVersion });
    }
  });

  test("R59 R65 STATUS and GC succeed, also after a failed STATUS", async () => {
    expect(await failed("STATUS", { to: 5 })).toBe(7);
    expect(await call("STATUS")).toMatchObject({ exitCode: 0, stdout: "" });
    const valid = { "cni.dev/valid-attachments": [{ containerID: "web-1", ifname: "lo" }] };
    expect(await call("GC", valid)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("bad parameters are errors of code 4, the host's own namespace of code 8", async () => {
    for (const env of [
      ...["CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS"].map((name) => ({ [name]: undefined })),
      ...["a/b", "-a", "a\nb", "ä"].map((id) => ({ CNI_CONTAINERID: id })),
      ...["..", "a/b", "a b", "a:b", "0123456789012345"].map((name) => ({ CNI_IFNAME: name })),
    ]) {
      expect([env, await failed("ADD", {}, env)]).toEqual([env, 4]);
    }
    expect(await failed("EXPLODE")).toBe(4);
    expect(await failed("ADD", {}, { CNI_NETNS: "/proc/self/ns/net" })).toBe(8);
    expect(await failed("ADD", {}, { CNI_NETNS: "/nonexistent" })).toBe(101);
    expect(await failed("ADD", {}, { CNI_IFNAME: "eth7" })).toBe(102);
  });

  test("bad configurations are errors of the right code, and nothing is made", async () => {
    const bad: [Record<string, unknown> | string, number][] = [
      ...["", "{", "[]", "{}{}", "[".repeat(100_000)].map((text): [string, number] => [text, 6]),
      [{ cniVersion: 5 }, 6],
      [{ cniVersion: ["1.1.0"] }, 6],
      [{ cniVersion: "1.0" }, 1],
      [{ cniVersion: undefined }, 1],
      [{ name: "../x" }, 7],
      [{ name: "a\n" }, 7],
      [{ name: undefined }, 7],
      [{ to: undefined }, 7],
      [{ to: ["--help"] }, 7],
      [{ to: ["10.0.0.0/8 metric 1"] }, 7],
      [{ to: "x".repeat(500_000) }, 7],
      [{ to: Array.from({ length: 65 }, () => "10.0.0.0/8") }, 7],
      [{ prevResult: undefined }, 7],
      [{ prevResult: [] }, 6],
      [{ prevResult: { ips: 5 } }, 6],
      [{ prevResult: { ips: [{ address: "banana" }] } }, 6],
      [{ prevResult: { cniVersion: "0.4.0" } }, 6],
    ];
    for (const [config, code] of bad) {
      expect([config, await failed("ADD", config)]).toEqual([config, code]);
    }
    expect(await failed("CHECK", { cniVersion: "0.3.1" })).toBe(1);
    expect(await failed("STATUS", { cniVersion: "1.0.0" })).toBe(1);
    expect(await failed("GC", { "cni.dev/valid-attachments": [5] })).toBe(7);
    expect(await prohibited(one)).toEqual([]);
  });
});
