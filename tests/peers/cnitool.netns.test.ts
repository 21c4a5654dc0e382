import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import type { RunAnswer } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import {
  type CallOptions,
  type Cnitool,
  ConfDir,
  errorOf,
  missing,
  OURS,
  THEIRS,
} from "./cnitool.ts";

/** Called with the same words and variables, our cnitool does what the CNI project's does. */

/** What can be seen of a call. */
interface Seen {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** What it said to people; of a mistake, without how the program is called. */
  readonly stderr: string;
}

let host: Host;
let conf: ConfDir;
let container: Container;

const withBoth = skipBecause(missing());

beforeAll(async () => {
  host = await Host.create();
  conf = new ConfDir();
  container = await host.container("blue");
});

afterAll(() => conf.remove());

afterEach(async () => {
  await host.tidy();
  for (const tree of ["results", "hawser-locks", "hawser-tmp", "hawser-quarantine"]) {
    rmSync(join("/var/lib/cni", tree), { recursive: true, force: true });
  }
});

/** MACs and the names of the host's ends are chosen anew each time. */
function steady(text: string): string {
  return text
    .replaceAll(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, "MAC")
    .replaceAll(/\bveth[0-9a-f]+\b/g, "VETH");
}

function seen(tool: Cnitool, { exitCode, stdout, stderr }: RunAnswer): Seen {
  return { exitCode, stdout: steady(stdout), stderr: steady(errorOf(tool, stderr)) };
}

type Scene = (tool: Cnitool) => Promise<RunAnswer>;

/** The same with both programs, each on a host that knows nothing of the other. */
async function both(scene: Scene): Promise<{ theirs: Seen; ours: Seen }> {
  const theirs = seen(THEIRS, await scene(THEIRS));
  await host.tidy();
  const ours = seen(OURS, await scene(OURS));
  return { theirs, ours };
}

async function expectSame(scene: Scene): Promise<Seen> {
  const { theirs, ours } = await both(scene);
  expect(ours).toEqual(theirs);
  return ours;
}

/** A call that is only made to get somewhere. */
async function go(tool: Cnitool, words: readonly string[], options?: CallOptions): Promise<void> {
  const answer = await conf.call(tool, words, options);
  expect({ words, exitCode: answer.exitCode, said: answer.stderr }).toEqual({
    words,
    exitCode: 0,
    said: "",
  });
}

/** ADD, with the DEL that makes room for the next one. */
function addScene(network: string, options?: CallOptions, words: readonly string[] = []): Scene {
  return async (tool) => {
    const answer = await conf.call(tool, ["add", network, container.netns, ...words], options);
    await go(tool, ["del", network, container.netns, ...words], options);
    return answer;
  };
}

/** Puts a plugin of a few lines of sh beside the networks. */
function script(name: string, lines: string): Readonly<Record<string, string>> {
  writeFileSync(join(conf.path, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return { CNI_PATH: conf.path };
}

function network(name: string, type: string, cniVersion = "1.1.0"): Conflist {
  return { cniVersion, name, plugins: [{ type }] };
}

describe("the five commands", () => {
  const env = { CAP_ARGS: JSON.stringify({ ...mapTcp(18080, 80), mac: "c2:11:22:33:44:55" }) };

  for (const cniVersion of ["0.3.1", "0.4.0", "1.0.0", "1.1.0"]) {
    withBoth(`add under ${cniVersion} prints the same bytes`, async () => {
      conf.write({ ...dbnet({ dualStack: true }), cniVersion });
      const { exitCode, stdout } = await expectSame(addScene("dbnet", { env }));
      expect(exitCode).toBe(0);
      expect(stdout).toContain('"10.1.0.2/16"');
      expect(stdout).not.toEndWith("\n");
    });
  }

  withBoth("add under 0.2.0 prints the same bytes", async () => {
    const result =
      '{"cniVersion":"0.2.0","ip4":{"ip":"10.1.0.2/16","routes":[{"dst":"0.0.0.0/0"}]}}';
    const own = script("old", `[ $CNI_COMMAND != ADD ] || echo '${result}'`);
    conf.write(network("oldnet", "old", "0.2.0"));
    const { stdout } = await expectSame(addScene("oldnet", { env: own }));
    expect(stdout).toContain('"ip4"');
  });

  withBoth("check, del, gc and status print nothing", async () => {
    conf.write(dbnet());
    for (const verb of ["check", "del", "gc", "status"]) {
      const answer = await expectSame(async (tool) => {
        await go(tool, ["add", "dbnet", container.netns], { env });
        const told = await conf.call(tool, [verb, "dbnet", container.netns], { env });
        await go(tool, ["del", "dbnet", container.netns], { env });
        return told;
      });
      expect(answer).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    }
  });

  withBoth("del of what is not there succeeds", async () => {
    conf.write(dbnet());
    const scene: Scene = (tool) => conf.call(tool, ["del", "dbnet", container.netns]);
    expect((await expectSame(scene)).exitCode).toBe(0);
  });

  withBoth("a single plugin's configuration is a network too", async () => {
    writeFileSync(
      join(conf.path, "lo.conf"),
      JSON.stringify({ cniVersion: "0.4.0", name: "lonet", type: "loopback" }),
    );
    expect((await expectSame(addScene("lonet"))).exitCode).toBe(0);
  });

  withBoth("plugins in drop-in files follow those of the list", async () => {
    const own = script("domain", `echo '{"cniVersion":"1.1.0","dns":{"domain":"last.example"}}'`);
    mkdirSync(join(conf.path, "dropnet"), { recursive: true });
    writeFileSync(join(conf.path, "dropnet/50-domain.conf"), JSON.stringify({ type: "domain" }));
    conf.write(network("dropnet", "loopback"));
    const env = { CNI_PATH: `${hawserPlugins().dir}:${own["CNI_PATH"]}` };
    expect((await expectSame(addScene("dropnet", { env }))).stdout).toContain("last.example");
  });

  withBoth("what a plugin that succeeds writes to stderr is shown", async () => {
    const own = script("chatty", `echo "$CNI_COMMAND" >&2; echo '{"cniVersion":"1.1.0"}'`);
    conf.write(network("chatnet", "chatty"));
    const scene: Scene = (tool) =>
      conf.call(tool, ["status", "chatnet", container.netns], { env: own });
    expect((await expectSame(scene)).stderr).toBe("STATUS\n");
  });
});

describe("words and variables that are taken", () => {
  /** A plugin that gives back what it was called with. */
  const ECHO = [
    "[ $CNI_COMMAND = ADD ] || exit 0",
    `echo '{"cniVersion":"1.1.0","interfaces":[{"name":"'$CNI_IFNAME'","sandbox":"'$CNI_NETNS'"}],'`,
    `echo '"dns":{"domain":"'$CNI_CONTAINERID'","search":["'$CNI_ARGS'"]}}'`,
  ].join("\n");

  const cases: [name: string, words: string[], env: Record<string, string>, expected: string][] = [
    ["no interface name", [], {}, '"name": "eth0"'],
    ["CNI_IFNAME", [], { CNI_IFNAME: "net1" }, '"name": "net1"'],
    ["-i", ["-i", "net2"], {}, '"name": "net2"'],
    ["-i without a space", ["-inet3"], {}, '"name": "net3"'],
    ["--ifname", ["--ifname", "net4"], {}, '"name": "net4"'],
    ["--ifname=", ["--ifname=net5"], {}, '"name": "net5"'],
    ["--ifname and CNI_IFNAME", ["--ifname", "net6"], { CNI_IFNAME: "no" }, '"name": "net6"'],
    ["an empty --ifname", ["--ifname", ""], { CNI_IFNAME: "net7" }, '"name": "net7"'],
    ["CNI_ARGS", [], { CNI_ARGS: "A=1;B=2" }, '"A=1;B=2"'],
    ["empty CNI_ARGS and CAP_ARGS", [], { CNI_ARGS: "", CAP_ARGS: "" }, '"name": "eth0"'],
    ["a null as CAP_ARGS", [], { CAP_ARGS: "null" }, '"name": "eth0"'],
    ["a word too many", ["more"], {}, '"name": "eth0"'],
  ];
  for (const [name, words, env, expected] of cases) {
    withBoth(name, async () => {
      const own = script("echo", ECHO);
      conf.write(network("echonet", "echo"));
      const { exitCode, stdout } = await expectSame(
        addScene("echonet", { env: { ...own, ...env } }, words),
      );
      expect(exitCode).toBe(0);
      expect(stdout).toContain(expected);
    });
  }

  for (const netns of ["blue", "./blue", "../netns/blue"]) {
    withBoth(`a relative namespace path: ${netns}`, async () => {
      const options = { env: script("echo", ECHO), cwd: "/run/netns" };
      conf.write(network("echonet", "echo"));
      const { stdout } = await expectSame(async (tool) => {
        const answer = await conf.call(tool, ["add", "echonet", netns], options);
        await go(tool, ["del", "echonet", container.netns], options);
        return answer;
      });
      expect(stdout).toContain('"sandbox": "/run/netns/blue"');
      expect(stdout).toMatch(/"domain": "cnitool-[0-9a-f]{20}"/);
    });
  }
});

describe("mistakes", () => {
  const NETNS = "/run/netns/blue";
  const DIR = hawserPlugins().dir;

  const cases: [name: string, words: string[], env: Record<string, string | undefined>][] = [
    ["an unknown network", ["add", "nope", NETNS], {}],
    ["no NETCONFPATH", ["add", "dbnet", NETNS], { NETCONFPATH: undefined }],
    ["an empty NETCONFPATH", ["add", "dbnet", NETNS], { NETCONFPATH: "" }],
    ["a NETCONFPATH that leads nowhere", ["add", "dbnet", NETNS], { NETCONFPATH: "/nowhere" }],
    ["no CNI_PATH", ["add", "dbnet", NETNS], { CNI_PATH: undefined }],
    ["an empty CNI_PATH", ["add", "dbnet", NETNS], { CNI_PATH: "" }],
    ["a CNI_PATH without the plugin", ["add", "dbnet", NETNS], { CNI_PATH: "/nowhere:/dev" }],
    ["CNI_ARGS without =", ["add", "dbnet", NETNS], { CNI_ARGS: "A" }],
    ["CNI_ARGS with a ; at the end", ["add", "dbnet", NETNS], { CNI_ARGS: "A=1;" }],
    ["CNI_ARGS without a key", ["del", "dbnet", NETNS], { CNI_ARGS: "=1" }],
    ["CNI_ARGS with two =", ["check", "dbnet", NETNS], { CNI_ARGS: "A=1=2" }],
    ["CAP_ARGS that are a list", ["add", "dbnet", NETNS], { CAP_ARGS: "[]" }],
    ["CAP_ARGS that are a number", ["gc", "dbnet", NETNS], { CAP_ARGS: "1" }],
    ["CAP_ARGS that are a text", ["status", "dbnet", NETNS], { CAP_ARGS: '"x"' }],
    ["an unknown network and bad CAP_ARGS", ["add", "nope", NETNS], { CAP_ARGS: "{" }],
    ["bad CAP_ARGS and bad CNI_ARGS", ["add", "dbnet", NETNS], { CAP_ARGS: "[]", CNI_ARGS: "A" }],
    ["no words after the command", ["add"], {}],
    ["one word after the command", ["status", "dbnet"], {}],
    ["an unknown command", ["version"], {}],
    ["an unknown command with words", ["ADD", "dbnet", NETNS], {}],
    ["an unknown flag", ["add", "--nope", "dbnet", NETNS], {}],
    ["an unknown flag with a value", ["add", "--nope=1", "dbnet", NETNS], {}],
    ["an unknown short flag", ["del", "-x", "dbnet", NETNS], {}],
    ["an unknown flag and no command", ["--nope"], {}],
    ["--ifname without a value", ["add", "dbnet", NETNS, "--ifname"], {}],
    ["-i without a value", ["add", "dbnet", NETNS, "-i"], {}],
    ["a namespace that is not there", ["add", "dbnet", "/run/netns/nope"], { CNI_PATH: DIR }],
    ["a namespace that is a plain file", ["add", "dbnet", "/etc/hostname"], { CNI_PATH: DIR }],
  ];
  for (const [name, words, env] of cases) {
    withBoth(name, async () => {
      conf.write(dbnet());
      const answer = await expectSame((tool) => conf.call(tool, words, { env }));
      expect(answer.exitCode).toBe(1);
      expect(answer.stdout).toBe("");
      expect(answer.stderr).toMatch(/^Error: .+\n$/s);
    });
  }

  for (const name of ["a/b", "a b", ".", "interface-number-1"]) {
    withBoth(`the interface name ${name}, which ours checks before the plugin's turn`, async () => {
      conf.write(dbnet());
      const words = ["add", "dbnet", NETNS, "-i", name];
      const { theirs, ours } = await both((tool) => conf.call(tool, words));
      const prefix = 'plugin type="bridge" failed (add): ';
      expect(theirs.stderr).toStartWith(`Error: ${prefix}`);
      expect(ours).toEqual({ ...theirs, stderr: theirs.stderr.replace(prefix, "") });
    });
  }

  // Each decoder has its own words.
  for (const text of ["{", "nope", '{"a": 1} 2']) {
    withBoth(`CAP_ARGS that are no JSON: ${text}`, async () => {
      conf.write(dbnet());
      const { theirs, ours } = await both((tool) =>
        conf.call(tool, ["add", "dbnet", NETNS], { env: { CAP_ARGS: text } }),
      );
      expect([ours.exitCode, ours.stdout]).toEqual([theirs.exitCode, theirs.stdout]);
      expect(ours.exitCode).toBe(1);
      expect(ours.stderr).toMatch(/^Error: .*\n$/);
    });
  }

  withBoth("a plugin's error", async () => {
    const error = '{"cniVersion":"1.1.0","code":120,"msg":"no link","details":"eth1 has gone"}';
    const env = script("sorry", `echo '${error}'; exit 1`);
    conf.write(network("sorrynet", "sorry"));
    for (const verb of ["add", "del", "status"]) {
      const scene: Scene = (tool) => conf.call(tool, [verb, "sorrynet", NETNS], { env });
      const { stderr } = await expectSame(scene);
      expect(stderr).toContain("no link; eth1 has gone");
    }
  });

  withBoth("check under a version that has none", async () => {
    conf.write({ ...dbnet(), cniVersion: "0.3.1" });
    const { exitCode, stderr } = await expectSame(async (tool) => {
      await go(tool, ["add", "dbnet", NETNS]);
      const answer = await conf.call(tool, ["check", "dbnet", NETNS]);
      await go(tool, ["del", "dbnet", NETNS]);
      return answer;
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('"0.3.1"');
  });

  withBoth("a plugin that fails without a word", async () => {
    const env = { CNI_PATH: `${DIR}:${script("broken", "[ $CNI_COMMAND != ADD ]")["CNI_PATH"]}` };
    conf.write({ ...dbnet(), plugins: [...dbnet().plugins, { type: "broken" }] });
    const { theirs, ours } = await both(async (tool) => {
      const answer = await conf.call(tool, ["add", "dbnet", NETNS], { env });
      // libcni leaves what the plugins before it made to its caller.
      await go(tool, ["del", "dbnet", NETNS], { env });
      return answer;
    });
    expect(theirs.stderr).toStartWith('Error: plugin type="broken" failed (add): ');
    expect(ours.stderr).toStartWith('Error: plugin type="broken" failed (add): ');
    expect([ours.exitCode, ours.stdout]).toEqual([theirs.exitCode, theirs.stdout]);
  });
});
