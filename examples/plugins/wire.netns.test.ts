import { afterAll, beforeAll, beforeEach, describe, expect } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunAnswer, run } from "../../tests/support/exec.ts";
import { type Feature, has } from "../../tests/support/features.ts";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";

requireOwnNamespaces();

const NEEDED: Feature[] = ["ip", "nsenter", "unshare", "kernel:ipv6"];
const test = needs(...NEEDED);

const dir = mkdtempSync(join(tmpdir(), "hawser-wire-"));
const netns = join(dir, "container");
const other = join(dir, "other");
const calls = join(dir, "calls");

function ip(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const inside = (...args: string[]): string =>
  spawnSync("nsenter", [`--net=${netns}`, "ip", ...args], { encoding: "utf8" }).stdout;

const macInside = (name: string): string | undefined =>
  inside("-brief", "link", "show", "dev", name).split(/\s+/u)[2];

const wires = (): string[] => ip("-brief", "link", "show").match(/^wire\w+/gmu) ?? [];

const RESULT = {
  cniVersion: "1.1.0",
  ips: [
    { address: "10.7.0.2/24", gateway: "10.7.0.1" },
    { address: "fd07::2/64", gateway: "fd07::1" },
  ],
  routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
};

beforeAll(() => {
  if (!NEEDED.every(has)) return;
  ip("link", "set", "dev", "lo", "up");
  for (const path of [netns, other]) {
    writeFileSync(path, "");
    const made = spawnSync("unshare", [`--net=${path}`, "true"], { encoding: "utf8" });
    expect(made.stderr).toBe("");
  }
  const second = '{"cniVersion":"1.1.0","ips":[{"address":"10.7.0.3/24"}]}';
  const script = [
    "#!/bin/sh",
    `cat >/dev/null; echo "$CNI_COMMAND" >> ${calls}`,
    'case "$CNI_COMMAND $CNI_IFNAME" in',
    `"ADD eth0") echo '${JSON.stringify(RESULT)}' ;;`,
    `ADD*) echo '${second}' ;;`,
    "esac",
  ];
  writeFileSync(join(dir, "ipam"), `${script.join("\n")}\n`);
  chmodSync(join(dir, "ipam"), 0o755);
});
afterAll(() => {
  spawnSync("umount", [netns, other]);
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => writeFileSync(calls, ""));

const ipamCalls = (): string[] => readFileSync(calls, "utf8").trim().split("\n");

async function wire(
  command: string,
  other: Record<string, unknown> = {},
  env: Record<string, string> = {},
): Promise<RunAnswer> {
  const config = {
    cniVersion: "1.1.0",
    name: "net",
    type: "wire",
    ipam: { type: "ipam" },
    ...other,
  };
  return await run([process.execPath, join(import.meta.dir, "wire.ts")], {
    env: {
      PATH: process.env["PATH"] ?? "",
      CNI_COMMAND: command,
      CNI_CONTAINERID: "one",
      CNI_NETNS: netns,
      CNI_IFNAME: "eth0",
      CNI_PATH: dir,
      ...env,
    },
    stdin: JSON.stringify(config),
  });
}

const repeated = (times: number, word: string): string[] =>
  Array.from({ length: times }, () => word);

describe("wire", () => {
  test("R38 R99 ADD connects the container to the host, CHECK agrees, DEL leaves nothing", async () => {
    const add = await wire("ADD", { mtu: 1400 });
    expect({ code: add.exitCode, out: add.stdout }).toMatchObject({ code: 0 });
    const prevResult = JSON.parse(add.stdout) as { interfaces: unknown; ips: unknown };
    expect(prevResult.interfaces).toEqual([
      { name: wires()[0], mac: expect.stringMatching(/^02(:[0-9a-f]{2}){5}$/) as string },
      { name: "eth0", mac: macInside("eth0"), sandbox: netns, mtu: 1400 },
    ]);
    expect(prevResult.ips).toEqual(RESULT.ips.map((one) => ({ ...one, interface: 1 })));

    using server = Bun.serve({ hostname: "10.7.0.1", port: 0, fetch: () => new Response("hello") });
    const program = `console.log(await (await fetch("http://10.7.0.1:${server.port}")).text())`;
    const nsenter = ["nsenter", `--net=${netns}`, process.execPath, "-e", program];
    expect((await run(nsenter)).stdout).toBe("hello\n");

    expect((await wire("CHECK", { prevResult })).exitCode).toBe(0);
    inside("address", "del", "10.7.0.2/24", "dev", "eth0");
    const check = await wire("CHECK", { prevResult });
    expect(JSON.parse(check.stdout)).toMatchObject({
      code: 102,
      msg: "eth0 has lost its address 10.7.0.2/24",
    });
    inside("address", "add", "10.7.0.2/24", "dev", "eth0");
    const lost = await wire("CHECK", { prevResult });
    expect(JSON.parse(lost.stdout)).toMatchObject({
      msg: "the container has lost its route to 0.0.0.0/0",
    });
    inside("route", "add", "default", "via", "10.7.0.1");
    expect((await wire("CHECK", { prevResult })).exitCode).toBe(0);
    inside("-6", "route", "del", "default");
    const lost6 = await wire("CHECK", { prevResult });
    expect(JSON.parse(lost6.stdout)).toMatchObject({
      msg: "the container has lost its route to ::/0",
    });
    ip("route", "del", "10.7.0.2/32");
    const cut = await wire("CHECK", { prevResult });
    expect(JSON.parse(cut.stdout)).toMatchObject({
      msg: "the host has lost its route to 10.7.0.2/24",
    });

    for (const env of [{}, {}, { CNI_NETNS: "" }, { CNI_NETNS: "/nonexistent" }]) {
      expect(await wire("DEL", {}, env)).toMatchObject({ exitCode: 0, stdout: "" });
      expect(wires()).toEqual([]);
    }
    expect(ipamCalls()).toEqual(["ADD", ...repeated(6, "CHECK"), ...repeated(4, "DEL")]);
  });

  test("R41 a second ADD is refused and leaves the first alone", async () => {
    expect((await wire("ADD")).exitCode).toBe(0);
    const before = wires();
    const second = await wire("ADD");
    expect(JSON.parse(second.stdout)).toMatchObject({ code: 4 });
    expect(wires()).toEqual(before);
    const elsewhere = await wire("ADD", {}, { CNI_NETNS: other });
    expect(JSON.parse(elsewhere.stdout)).toMatchObject({ code: 4 });
    expect(wires()).toEqual(before);
    expect(ipamCalls()).toEqual(["ADD"]);
    await wire("DEL");
  });

  test("an ADD that fails half way takes back the link and the address", async () => {
    // IPv6 needs an MTU of 1280, so the second address is refused.
    const add = await wire("ADD", { mtu: 1000 });
    expect(add.exitCode).toBe(1);
    expect(JSON.parse(add.stdout)).toMatchObject({ code: 101 });
    expect(wires()).toEqual([]);
    expect(inside("-brief", "link", "show")).not.toContain("eth0");
    expect(ipamCalls()).toEqual(["ADD", "DEL"]);
  });

  test("R65 R67 GC removes the wires of this network that belong to nobody", async () => {
    await wire("ADD");
    await wire("ADD", {}, { CNI_IFNAME: "eth1" });
    await wire("ADD", { name: "other" }, { CNI_IFNAME: "eth2" });
    expect(wires()).toHaveLength(3);
    const valid = { "cni.dev/valid-attachments": [{ containerID: "one", ifname: "eth1" }] };
    expect((await wire("GC", valid)).exitCode).toBe(0);
    expect(inside("-brief", "link", "show").match(/^eth\d/gmu)).toEqual(["eth1", "eth2"]);
    expect((await wire("GC", { "cni.dev/valid-attachments": [] })).exitCode).toBe(0);
    await wire("DEL", { name: "other" }, { CNI_IFNAME: "eth2" });
    expect(wires()).toEqual([]);
    expect(ipamCalls()).toEqual(["ADD", "ADD", "ADD", "GC", "GC", "DEL"]);
  });

  test("R61 STATUS asks the IPAM plugin", async () => {
    expect(await wire("STATUS")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(ipamCalls()).toEqual(["STATUS"]);
  });
});
