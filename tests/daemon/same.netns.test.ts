import { afterEach, beforeEach, describe, expect } from "bun:test";
import { closeSync, existsSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ChainRequest, PluginFailed, runChain, runPlugin } from "../support/chain.ts";
import {
  ENTRIES,
  EXECUTABLE,
  entriesMissing,
  FULL,
  runningWith,
  TestDaemon,
} from "../support/daemon.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import { must, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { daemonScene } from "./scene.ts";

/** Entry programs answer as the full executable does, with the daemon and without. */

const test = skipBecause(entriesMissing());
const LIST = { ...dbnet(), cniVersion: "1.1.0" };
const JOURNAL = "/run/hawser/attachments";
const TYPES = readdirSync(ENTRIES).filter((name) => name !== "entry");

/** Longer than the entry program's first memory, and longer than what the daemon takes. */
const LONG: string = " ".repeat(1_000_000);
const VERY_LONG: string = " ".repeat(9_000_000);

const scene = daemonScene();

function request(
  operation: ChainRequest["operation"],
  more: Partial<ChainRequest> = {},
): ChainRequest {
  const attachment = {
    ...{ containerId: "c1", netns: scene.blue.netns, ifName: "eth0" },
    capabilityArgs: mapTcp(8080, 80),
  };
  return { dir: ENTRIES, list: LIST, operation, attachment, ...more };
}

/** Without what differs between any two runs. */
function plain(text: string): string {
  return text
    .replaceAll(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g, "MAC")
    .replaceAll(ENTRIES, "DIR")
    .replaceAll(FULL, "DIR");
}

describe.each(["with the daemon", "without a daemon"])("%s", (how) => {
  let daemon: TestDaemon | undefined;

  beforeEach(async () => {
    daemon = how === "with the daemon" ? await TestDaemon.start() : undefined;
  });
  afterEach(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  test("a link that the container has alone comes and goes", async () => {
    const ipam = { type: "host-local", subnet: "10.5.0.0/24" };
    const list = { cniVersion: "1.1.0", name: "taps", plugins: [{ type: "tap", ipam }] };
    const links = async (): Promise<string> => await must(["ip", "-n", "blue", "-br", "link"]);
    const { result } = await runChain(request("ADD", { list }));
    expect(await links()).toContain("eth0");
    const previous = result === undefined ? {} : { prevResult: result };
    await runChain(request("DEL", { list, ...previous }));
    expect(await links()).not.toContain("eth0");
    await runChain(request("DEL", { list, ...previous }));
  });

  test("a chain is attached, checked, collected and taken away", async () => {
    await runChain(request("STATUS"));
    const { result } = await runChain(request("ADD"));
    expect(result?.ips?.[0]?.address).toBe("10.1.0.2/16");
    expect(result?.interfaces?.at(-1)).toMatchObject({ name: "eth0", sandbox: scene.blue.netns });
    const addresses = await must(["ip", "-n", "blue", "-j", "address", "show", "eth0"]);
    expect(addresses).toContain("10.1.0.2");
    const previous = result === undefined ? {} : { prevResult: result };
    await runChain(request("CHECK", previous));
    const valid = [{ containerID: "c1", ifname: "eth0" }];
    await runChain(request("GC", { validAttachments: valid }));
    await runChain(request("CHECK", previous));
    await runChain(request("DEL", previous));
    await runChain(request("DEL", previous));
    const failed = await runChain(request("CHECK", previous)).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PluginFailed);
    expect(readdirSync("/var/lib/cni/networks/dbnet")).not.toContain("10.1.0.2");
    expect(await must(["ip", "-j", "link", "show", "type", "veth"])).not.toContain("veth");
    expect(await must(["ip", "-n", "blue", "-j", "link"])).not.toContain("eth0");
    expect(await must(["nft", "list", "ruleset"])).not.toContain("10.1.0.2");
    expect(existsSync(JOURNAL) ? readdirSync(JOURNAL) : []).toEqual([]);
    if (daemon !== undefined) {
      expect(await daemon.end()).toBe(0);
      expect(daemon.calls.filter((call) => call.startsWith("bridge"))).toEqual(
        ["STATUS", "ADD", "CHECK", "GC", "CHECK", "DEL", "DEL", "CHECK"].map((o) => `bridge ${o}`),
      );
    }
  });

  test("answers and errors are those of the full executable, to the byte", async () => {
    const bad = { ...LIST.plugins[0], type: "bridge", cniVersion: "1.1.0", name: "dbnet" };
    const cases: [type: string, stdin: string, env: Record<string, string>][] = [
      ["bridge", JSON.stringify(bad), { CNI_COMMAND: "ADD", CNI_NETNS: "/nowhere" }],
      ["bridge", JSON.stringify(bad), { CNI_COMMAND: "ADD", CNI_NETNS: "/proc/self/ns/net" }],
      ["bridge", JSON.stringify(bad), { CNI_COMMAND: "CHECK", CNI_NETNS: "/dev/null" }],
      ["bridge", JSON.stringify(bad), { CNI_COMMAND: "DEL", CNI_NETNS: "/nowhere" }],
      ["bridge", JSON.stringify(bad), { CNI_COMMAND: "DEL", CNI_NETNS: "" }],
      ["bridge", JSON.stringify(bad), { CNI_COMMAND: "NONSENSE" }],
      ["bridge", JSON.stringify(bad), { CNI_COMMAND: "STATUS", CNI_PATH: "" }],
      ["bridge", JSON.stringify({ ...bad, mtu: "x" }), { CNI_COMMAND: "ADD" }],
      ["bridge", JSON.stringify({ ...bad, cniVersion: "9.9.9" }), { CNI_COMMAND: "ADD" }],
      ["bridge", JSON.stringify({ ...bad, ipam: { type: "absent" } }), { CNI_COMMAND: "ADD" }],
      [
        "bridge",
        JSON.stringify({ ...bad, ipam: { type: "absent" } }),
        { CNI_COMMAND: "ADD", CNI_PATH: ".:sub" },
      ],
      ["bridge", "", { CNI_COMMAND: "ADD" }],
      ["bridge", "\xff", { CNI_COMMAND: "ADD" }],
      ["bridge", "{", { CNI_COMMAND: "GC" }],
      ["bridge", JSON.stringify({ ...bad, mtu: "x" }) + LONG, { CNI_COMMAND: "ADD" }],
      ["bridge", JSON.stringify({ ...bad, mtu: "x" }) + VERY_LONG, { CNI_COMMAND: "ADD" }],
      [
        "bridge",
        JSON.stringify({ ...bad, mtu: "x" }),
        { CNI_COMMAND: "ADD", ODD: "x".repeat(100_000) },
      ],
      ["tuning", JSON.stringify(bad), { CNI_COMMAND: "ADD" }],
      [
        "static",
        JSON.stringify({
          cniVersion: "1.0.0",
          name: "n",
          type: "static",
          ipam: { type: "static" },
        }),
        { CNI_COMMAND: "ADD" },
      ],
    ];
    for (const [type, stdin, more] of cases) {
      const env = {
        CNI_CONTAINERID: "c1",
        CNI_IFNAME: "eth0",
        CNI_NETNS: scene.blue.netns,
        ...more,
      };
      const answers = [];
      for (const dir of [ENTRIES, FULL]) {
        const options = { stdin, env: { CNI_PATH: dir, ...env }, cwd: "/tmp" };
        const { exitCode, stdout, stderr } = await run([join(dir, type)], options);
        answers.push({ exitCode, stdout: plain(stdout), stderr: plain(stderr) });
      }
      expect([more, answers[0]]).toEqual([more, answers[1]]);
    }
  });

  test("VERSION and the call by hand are answered alike for every plugin", async () => {
    const inputs = [
      '{"cniVersion":"1.0.0"}',
      ' { "cniVersion" : "0.4.0" }\n',
      "",
      "{}",
      '{"cniVersion":"1.1.0","x":1}',
      '{\n\t"cniVersion":\r\n"0.10.200"}',
      '{"cniVersion":"01.1.0"}',
      '{"cniVersion":"1.1000.0"}',
      '{"cniVersion":"1.1.0"',
      '{"cniVersion":"1.1.0"}\0',
      '{"cniVersion":"1.1"}',
      '{"cniVersion":"\\u0031.1.0"}',
      '{"cniVersion":"1.0.0"} x',
      "nonsense",
    ];
    for (const type of TYPES) {
      const some = type === "bridge" ? inputs : inputs.slice(0, 1);
      for (const [command, stdin] of [
        ["", ""] as const,
        ...some.map((text) => ["VERSION", text] as const),
      ]) {
        const answers = await Promise.all(
          [ENTRIES, FULL].map(async (dir) => {
            const env = { CNI_COMMAND: command };
            const { exitCode, stdout, stderr } = await run([join(dir, type)], { stdin, env });
            return { exitCode, stdout, stderr };
          }),
        );
        expect([type, stdin, answers[0]]).toEqual([type, stdin, answers[1]]);
      }
    }
  }, 60_000);

  test("a namespace may be named in any way that means something to the caller", async () => {
    const fd = openSync(scene.blue.netns, "r");
    try {
      for (const netns of [
        `/proc/${process.pid}/fd/${fd}`,
        "blue",
        "../netns/blue",
        "/proc/self/fd/9",
        "/proc/thread-self/fd/9",
      ]) {
        const call: typeof runPlugin = async (dir, type, config, env) =>
          await run(["sh", "-c", `exec 9</run/netns/blue; exec "$0"`, join(dir, type)], {
            stdin: JSON.stringify(config),
            env,
            cwd: "/run/netns",
          });
        const attachment = { containerId: "c1", netns, ifName: "eth0" };
        const { result } = await runChain(request("ADD", { attachment, call }));
        expect(result?.interfaces?.at(-1)?.sandbox).toBe(netns);
        expect(await must(["ip", "-n", "blue", "-j", "link"])).toContain("eth0");
        await runChain(request("DEL", { attachment, call }));
        expect(await must(["ip", "-n", "blue", "-j", "link"])).not.toContain("eth0");
      }
    } finally {
      closeSync(fd);
    }
  });

  test("files that are named by where the caller stands are his", async () => {
    const bridge = {
      ...LIST.plugins[0],
      ipam: { type: "host-local", subnet: "10.1.0.0/24", dataDir: "mine" },
    };
    const list = { ...LIST, plugins: [bridge] };
    const call: typeof runPlugin = async (dir, type, config, env) =>
      await run([join(dir, type)], { stdin: JSON.stringify(config), env, cwd: "/run/netns/.." });
    rmSync("/run/mine", { recursive: true, force: true });
    await runChain(request("ADD", { list, call }));
    expect(readdirSync("/run/mine/dbnet")).toContain("10.1.0.2");
    await runChain(request("DEL", { list, call }));
    expect(readdirSync("/run/mine/dbnet")).not.toContain("10.1.0.2");
  });

  test("what a plugin says to people arrives", async () => {
    const config = { ...LIST.plugins[0], cniVersion: "1.1.0", name: "dbnet", prevResult: 5 };
    const env = {
      CNI_COMMAND: "DEL",
      CNI_CONTAINERID: "c1",
      CNI_IFNAME: "eth0",
      CNI_PATH: ENTRIES,
    };
    const answer = await runPlugin(ENTRIES, "bridge", config, {
      ...env,
      CNI_NETNS: scene.blue.netns,
    });
    const said = "could not parse prevResult: it must be an object\n";
    expect([answer.exitCode, answer.stderr]).toEqual([0, said.repeat(2)]); // its IPAM's, too
  });

  test("plugins of somebody else are run where the caller stands, and may ask again", async () => {
    const dir = join("/run", "plugins");
    await must(["mkdir", "-p", dir]);
    // A program that keeps addresses by asking host-local, as an entry program.
    const script = `#!/bin/sh\npwd >&2\nexec ${ENTRIES}/host-local\n`;
    await Bun.write(join(dir, "foreign"), script);
    await must(["chmod", "755", join(dir, "foreign")]);
    const list = structuredClone(LIST) as unknown as { plugins: { ipam?: { type: string } }[] };
    if (list.plugins[0]?.ipam !== undefined) list.plugins[0].ipam.type = "foreign";
    const call: typeof runPlugin = async (at, type, config, env) =>
      await run([join(at, type)], {
        ...{ stdin: JSON.stringify(config), cwd: "/run", timeoutMs: 10_000 },
        env: { ...env, CNI_PATH: `plugins:${ENTRIES}` },
      });
    const more = { list: list as unknown as typeof LIST, call };
    const { result, steps } = await runChain(request("ADD", more));
    expect(result?.ips?.[0]?.address).toBe("10.1.0.2/16");
    expect(steps[0]?.stderr).toContain("/run\n");
    await runChain(request("DEL", more));
    expect(readdirSync("/var/lib/cni/networks/dbnet")).not.toContain("10.1.0.2");
  });
});

test("from another network namespace the daemon is not asked: that is another host", async () => {
  await using daemon = await TestDaemon.start();
  const config = { cniVersion: "1.1.0", name: "n", type: "loopback" };
  const env = { CNI_COMMAND: "STATUS", CNI_PATH: ENTRIES };
  const inside = await run(["ip", "netns", "exec", "blue", join(ENTRIES, "loopback")], {
    ...{ stdin: JSON.stringify(config), env: { ...env, PATH: process.env["PATH"] ?? "" } },
  });
  expect([inside.exitCode, inside.stdout]).toEqual([0, ""]);
  expect(daemon.calls).toEqual([]);
  const here = await runningWith({})(ENTRIES, "loopback", config, env);
  expect([here.exitCode, await daemon.served(1)]).toEqual([0, ["loopback STATUS"]]);
});

test("the full executable is found where the environment says, and its absence is told", async () => {
  const options = { stdin: "{}", env: { CNI_COMMAND: "STATUS", HAWSER_EXECUTABLE: "/nowhere" } };
  const copy = "/run/bridge";
  await must(["cp", join(ENTRIES, "bridge"), copy]);
  const lost = await run([copy], options);
  expect(lost.exitCode).toBe(1);
  expect(JSON.parse(lost.stdout)).toMatchObject({
    ...{ code: 5, details: expect.stringContaining("not beside the plugin") as string },
  });
  // On a system with another C library the kernel does not find what loads it, and says ENOENT as well.
  const elsewhere = "/run/hawser-elsewhere";
  writeFileSync(elsewhere, "#!/nowhere/loader\n", { mode: 0o755 });
  const unloaded = await run([copy], {
    ...options,
    env: { ...options.env, HAWSER_EXECUTABLE: elsewhere },
  });
  expect(JSON.parse(unloaded.stdout)).toMatchObject({
    ...{ code: 5, details: expect.stringContaining("glibc") as string },
  });
  const env = { ...options.env, HAWSER_EXECUTABLE: EXECUTABLE };
  const found = await run([copy], { ...options, env });
  expect(JSON.parse(found.stdout)).toMatchObject({ code: 4 });
});
