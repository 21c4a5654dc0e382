import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JsonObject, type Trial, type TrialOutcome, tryPlugin } from "hawser/plugin";
import { plugin as hostsdir } from "./hostsdir.ts";

const root = mkdtempSync(join(tmpdir(), "hawser-hostsdir-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(root, "hosts-"));
});

const prevResult = {
  cniVersion: "1.1.0",
  interfaces: [{ name: "eth0", sandbox: "/run/netns/x" }],
  ips: [{ address: "10.1.0.5/16", interface: 0 }, { address: "fd00::5/64" }],
};

function config(other: JsonObject = {}): JsonObject {
  return { cniVersion: "1.1.0", name: "net", type: "hostsdir", directory, prevResult, ...other };
}

async function call(
  command: Trial["operation"],
  other: JsonObject = {},
  trial: Partial<Trial> = {},
): Promise<TrialOutcome> {
  return await tryPlugin(hostsdir, {
    operation: command,
    config: config(other),
    containerId: "web-1",
    ...trial,
  });
}

describe("hostsdir", () => {
  const runtimeConfig = { aliases: ["web", "www.example.org"] };
  const file = (): string => join(directory, "net", "web-1@eth0");

  test("R40 ADD writes a line for each address and passes the result on", async () => {
    const outcome = await call("ADD", { runtimeConfig });
    expect(outcome).toMatchObject({ exitCode: 0, json: prevResult });
    expect(readFileSync(file(), "utf8")).toBe(
      "10.1.0.5 web-1 web www.example.org\nfd00::5 web-1 web www.example.org\n",
    );
    expect(readdirSync(join(directory, "net"))).toEqual(["web-1@eth0"]);
  });

  test("R56 CHECK finds a file that is gone or changed", async () => {
    await call("ADD", { runtimeConfig });
    expect((await call("CHECK", { runtimeConfig })).exitCode).toBe(0);
    writeFileSync(file(), "10.1.0.6 web-1\n");
    expect(JSON.stringify((await call("CHECK", { runtimeConfig })).json)).toContain("does not say");
    rmSync(file());
    expect(JSON.stringify((await call("CHECK", { runtimeConfig })).json)).toContain("is missing");
  });

  test("R46 R48 DEL removes the file, twice and without prevResult", async () => {
    await call("ADD");
    for (const _ of [1, 2]) {
      const outcome = await call("DEL", { prevResult: null });
      expect(outcome).toMatchObject({ exitCode: 0, stdout: "" });
      expect(existsSync(file())).toBe(false);
    }
  });

  test("R65 GC removes what belongs to no valid attachment, in this network only", async () => {
    await call("ADD");
    await call("ADD", {}, { containerId: "web-2" });
    await call("ADD", {}, { ifName: "eth1" });
    await call("ADD", { name: "other" });
    const valid = { "cni.dev/valid-attachments": [{ containerID: "web-1", ifname: "eth1" }] };
    expect((await call("GC", valid)).exitCode).toBe(0);
    expect(readdirSync(join(directory, "net"))).toEqual(["web-1@eth1"]);
    expect(readdirSync(join(directory, "other"))).toEqual(["web-1@eth0"]);
  });

  test("GC and CHECK fail where they cannot look: nothing is taken for gone or done", async () => {
    const valid = { "cni.dev/valid-attachments": [] };
    expect((await call("GC", valid)).exitCode).toBe(0);
    writeFileSync(join(directory, "net"), "no directory");
    expect(JSON.stringify((await call("GC", valid)).json)).toContain("ENOTDIR");
    expect(JSON.stringify((await call("CHECK")).json)).toContain("ENOTDIR");
    expect(readFileSync(join(directory, "net"), "utf8")).toBe("no directory");
  });

  test("R59 STATUS is code 50 when the directory cannot be made", async () => {
    expect((await call("STATUS")).exitCode).toBe(0);
    const plain = join(directory, "plain");
    writeFileSync(plain, "");
    expect((await call("STATUS", { directory: plain })).json).toMatchObject({ code: 50 });
  });

  test("a name that would add a line of its own is refused before anything is written", async () => {
    const outcome = await call("ADD", { runtimeConfig: { aliases: ["a\n10.0.0.1 bank"] } });
    expect(outcome.json).toMatchObject({ code: 7 });
    expect(outcome.stdout).toContain("runtimeConfig.aliases[0]");
    expect(existsSync(join(directory, "net"))).toBe(false);
  });

  test("ADD without a result before it is refused", async () => {
    expect((await call("ADD", { prevResult: null })).json).toMatchObject({ code: 7 });
  });
});
