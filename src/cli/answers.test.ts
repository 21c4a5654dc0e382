import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeIo } from "../../tests/support/cli-io.ts";
import { answerProblems } from "../../tests/support/json-schema.ts";
import { rejection } from "../../tests/support/rejection.ts";
import type { JsonObject } from "../spec/index.ts";
import type { KnownAttachment } from "../view/index.ts";
import { runHawser } from "./hawser.ts";
import { namedAttachment } from "./identity.ts";
import type { CliIo } from "./io.ts";
import { suggestion } from "./suggest.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const VERSIONS = `echo '{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}'`;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "answers-"));
  for (const name of ["net.d", "bin", "state", "cache"]) mkdirSync(join(directory, name));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A plugin of another project: a shell's lines for each operation. */
function plugin(type: string, lines: Readonly<Record<string, string>>): void {
  const cases = { VERSION: VERSIONS, ADD: "echo '{}'", ...lines };
  const arms = Object.entries(cases).map(([operation, line]) => `${operation}) ${line};;`);
  const script = `#!/bin/sh\necho "$CNI_COMMAND" >> ${directory}/calls\ncase $CNI_COMMAND in\n`;
  const text = `${script}${arms.join("\n")}\nesac\n`;
  writeFileSync(join(directory, "bin", type), text, { mode: 0o755 });
}

function network(name: string, types: readonly string[], cniVersion = "1.1.0"): void {
  const config = { cniVersion, name, plugins: types.map((type) => ({ type })) };
  writeFileSync(join(directory, "net.d", `${name}.conflist`), JSON.stringify(config));
}

function fails(code: number, msg: string, details = ""): string {
  return `echo '${JSON.stringify({ code, msg, details })}'; exit 1`;
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function hawser(words: readonly string[], more: Partial<CliIo> = {}): Promise<Answer> {
  const env = {
    ...{ NETCONFPATH: join(directory, "net.d"), CNI_PATH: join(directory, "bin") },
    ...{ HAWSER_STATE_DIR: join(directory, "state"), PATH: process.env["PATH"] ?? "" },
  };
  const [command = ""] = words;
  const cache = ["status", "plan", "add", "check", "del", "gc", "version"].includes(command)
    ? ["--cache-dir", join(directory, "cache")]
    : [];
  const { io, stdout, stderr } = fakeIo([...words, ...cache], { env, cwd: directory, ...more });
  const code = await runHawser(io);
  return { code, stdout: stdout(), stderr: stderr() };
}

async function json(words: readonly string[], more: Partial<CliIo> = {}): Promise<JsonObject> {
  const { stdout } = await hawser([...words, "--json"], more);
  const answer = JSON.parse(stdout) as JsonObject;
  expect(answerProblems(answer)).toEqual([]);
  return answer;
}

function todo({ stderr }: Answer): string | undefined {
  return /^to do: (.*)$/m.exec(stderr)?.[1];
}

describe("what to do is said by whoever knows", () => {
  test("case K2: a plugin's details are not contradicted by its number", async () => {
    const details = "remove those of containers that are gone by GC, or add a range";
    for (const code of [50, 11, 4, 5, 3]) {
      plugin("full", { STATUS: fails(code, "no IP addresses available", details) });
      network("full", ["full"]);
      const status = await hawser(["status", "full"]);
      expect([todo(status), status.stderr.includes(details)]).toEqual([undefined, true]);
    }
  });

  test("case K2, kind: what was never attached is to be attached, and no directory is blamed", async () => {
    plugin("some", {});
    network("some", ["some"]);
    const check = await hawser(["check", "some", "blue"]);
    expect([check.code, todo(check)]).toEqual([1, "attach it first, by add; nothing is"]);
  });

  test("case K2, kind: a syntax error is to be corrected, not searched elsewhere", async () => {
    writeFileSync(join(directory, "net.d", "bad.conflist"), '{"name": "bad", "plugins": [}');
    const status = await hawser(["status", "bad"]);
    expect([status.code, todo(status)]).toEqual([3, "correct the network's configuration"]);
    expect(status.stderr).toContain('line 1: {"name": "bad", "plugins": [⟨here⟩}');
  });

  test("case K2, kind: a plugin without a word is to be tried again where its number says so", async () => {
    plugin("busy", { STATUS: fails(11, "busy") });
    network("busy", ["busy"]);
    expect(todo(await hawser(["status", "busy"]))).toBe("try again in a moment");
  });
});

describe("names that were mistyped", () => {
  test("case K5, kind: of a network the closest is told, and which there are", async () => {
    for (const name of ["dbnet", "web"]) network(name, ["some"]);
    const answer = await hawser(["status", "dbent"]);
    expect(todo(answer)).toStartWith("did you mean dbnet? there are: dbnet, web; or name another");
  });

  test("case K5, kind: of many names some are told", () => {
    const names = Array.from({ length: 40 }, (_, index) => `net${index}`);
    expect(suggestion("nothing-like-it", names)).toEndWith(" and 30 more");
    expect(suggestion("net39x", names)).toStartWith("did you mean net39? there are: net0, ");
    expect(suggestion("x", [])).toBe("there is none");
  });
});

describe("a caller who is not root", () => {
  test("case K6: is told so in one line", async () => {
    plugin("some", { ADD: fails(5, "create link: operation not permitted") });
    network("some", ["some"]);
    const { code, stderr } = await hawser(["add", "some", "blue"], { isRoot: false });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'error: this needs root: plugin type="some" failed (add): create link: operation not permitted\n',
    );
  });

  test("case K6, kind: so is a program", async () => {
    plugin("some", { ADD: fails(5, "open /x: permission denied") });
    network("some", ["some"]);
    const answer = await json(["add", "some", "blue"], { isRoot: false });
    expect(answer["error"]).toMatchObject({ code: 5, todo: "run it as root" });
  });

  test("case K6, kind: an error of another kind, or of root, is told as it is", async () => {
    plugin("some", { ADD: fails(7, "no bridge"), CHECK: fails(5, "EPERM") });
    network("some", ["some"]);
    expect((await hawser(["add", "some", "blue"], { isRoot: false })).stderr).toContain(
      "no bridge (code 7)",
    );
    plugin("some", { ADD: fails(5, "EPERM") });
    expect((await hawser(["add", "some", "blue"])).stderr).toContain("EPERM (code 5)");
  });
});

describe("attachments by their names", () => {
  const one = (containerId: string, more: Partial<KnownAttachment> = {}): KnownAttachment => ({
    ...{ network: "n", containerId, ifName: "eth0", netns: `/run/netns/${containerId}` },
    ...{ finished: true, earlierBoot: false, isCached: true, ...more },
  });
  const { io } = fakeIo([]);

  test("case K4, kind: an ID that is whole wins over one that it begins, another interface is another", () => {
    const known = [one("abc"), one("abcd"), one("abd", { ifName: "eth1" })];
    expect(namedAttachment(io, "", { id: "abc" }, known).conf.netns).toBe("/run/netns/abc");
    expect(namedAttachment(io, "", { id: "abcd" }, known).known?.containerId).toBe("abcd");
    expect(namedAttachment(io, "", { id: "abd" }, known).known).toBeUndefined();
    expect(() => namedAttachment(io, "", { id: "ab" }, known)).toThrow("abc:eth0, abcd:eth0");
  });

  test("case K4, kind: a path of an earlier boot, or of two, names none", async () => {
    const old = one("abc", { netns: "/run/netns/x", earlierBoot: true });
    expect(namedAttachment(io, "x", {}, [old]).known).toBeUndefined();
    const two = ["a", "b"].map((id) => one(id, { netns: "/run/netns/x" }));
    expect(namedAttachment(io, "x", {}, two).known).toBeUndefined();
    expect(namedAttachment(io, "x", {}, two.slice(1)).known?.containerId).toBe("b");
    const nothing = Promise.resolve().then(() => namedAttachment(io, "", {}, two));
    expect((await rejection(nothing)).message).toContain("--id must say which container");
  });

  test("case K3, kind: del of what nothing is known of runs the plugins, without a line of them", async () => {
    plugin("some", {});
    network("some", ["some"]);
    const { code, stdout, stderr } = await hawser(["del", "some", "blue"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^nothing was attached to some by the name hawser-\w+:eth0; nothing is\n$/,
    );
    expect(readFileSync(join(directory, "calls"), "utf8")).toBe("DEL\n");
  });

  test("case K3, kind: a plugin that is not installed does not fail a del of nothing", async () => {
    network("some", ["absent"]);
    const { code, stderr } = await hawser(["del", "some", "--id", "typo"]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'warning: plugin type="absent" failed (delete): failed to find plugin',
    );
  });
});

describe("status", () => {
  test("case K8, kind: of an old network, plugins of others are looked for and not asked", async () => {
    plugin("some", { STATUS: "exit 1" });
    network("old", ["some"], "1.0.0");
    const { code, stdout } = await hawser(["status", "old"]);
    expect(code).toBe(0);
    expect(stdout).toContain("old is of version 1.0.0, which is older than STATUS");
    expect(await json(["status", "old"])).toMatchObject({ asked: false, ready: true });
  });

  test("case K8, kind: of all networks the broken ones are told, and the worst is the exit code", async () => {
    plugin("some", {});
    network("good", ["some"]);
    network("missing", ["absent"]);
    expect((await hawser(["status"])).code).toBe(1);
    writeFileSync(join(directory, "net.d", "bad.conflist"), "{");
    expect((await hawser(["status"])).code).toBe(3);
    const { networks, ready } = await json(["status"]);
    expect(ready).toBe(false);
    expect(networks).toMatchObject([
      ...[
        { network: "good", ready: true },
        { network: "missing", ready: false },
      ],
      { file: join(directory, "net.d", "bad.conflist"), error: { code: 6 } },
    ]);
  });

  test("case K13, kind: an add that could not be taken back is not finished, and del ends that", async () => {
    plugin("some", { ADD: fails(100, "no"), DEL: fails(100, "no either") });
    network("some", ["some"]);
    const added = await json(["add", "some", "blue"]);
    expect(added["error"]).toMatchObject({ leftBehind: [{ code: 100 }] });
    const unfinished = { containerId: added["containerId"], finished: false, earlierBoot: false };
    expect(await json(["status", "some"])).toMatchObject({ attachments: [unfinished] });
    expect((await hawser(["status", "some"])).stdout).toContain("attached: 0, not finished: 1");
    plugin("some", {});
    expect((await hawser(["del", "some", "blue"])).stdout).toContain("any more");
    expect(await json(["status", "some"])).toMatchObject({ attachments: [] });
  });

  test("case K13, kind: an attachment of an earlier boot is told as such", async () => {
    plugin("some", {});
    network("some", ["some"]);
    await json(["add", "some", "blue", "--id", "one"]);
    const file = join(directory, "cache/results/some-one-eth0");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"bootId":"[^"]*"/, '"bootId":"old"'));
    expect(await json(["status", "some"])).toMatchObject({
      attachments: [{ containerId: "one", finished: true, earlierBoot: true }],
    });
    expect(await json(["gc", "some", "--dead"])).toMatchObject({
      removed: [{ containerId: "one" }],
    });
  });
});

describe("plan", () => {
  test("case K9, kind: the plan of a plugin's author is told", async () => {
    const source = join(directory, "author.ts");
    writeFileSync(
      source,
      `import { definePlugin, main } from ${JSON.stringify(join(ROOT, "src/plugin/index.ts"))};
      const add = () => { throw new Error("touched"); };
      const plan = (ctx) => [\`route: to \${ctx.config.to} by \${ctx.ifName}\`, "a line"];
      await main(definePlugin({ name: "author", add, del: add, plan }));`,
    );
    const script = `#!/bin/sh\nexec ${process.execPath} ${source}\n`;
    writeFileSync(join(directory, "bin/author"), script, { mode: 0o755 });
    const plugins = [{ type: "author", to: "10.1.0.0/16" }];
    const config = { cniVersion: "1.1.0", name: "own", plugins };
    writeFileSync(join(directory, "net.d/own.conflist"), JSON.stringify(config));
    const { code, stdout } = await hawser(["plan", "own", "blue"]);
    expect([code, stdout]).toEqual([
      ...[0, "author\n  * route: to 10.1.0.0/16 by eth0\n  * a line\nnothing was touched\n"],
    ]);
    expect(await json(["plan", "own", "blue"])).toMatchObject({
      plugins: [
        {
          steps: [
            { plugin: "author", step: "route", standing: "unknown" },
            { step: "", text: "a line", standing: "unknown" },
          ],
        },
      ],
    });
  });

  test("case K9, kind: what a plugin of an author would refuse ends the plan, and a removal is told", async () => {
    const source = join(directory, "refusing.ts");
    writeFileSync(
      source,
      `import { definePlugin, main, pluginError } from ${JSON.stringify(join(ROOT, "src/plugin/index.ts"))};
      const add = () => { throw new Error("touched"); };
      const compare = ({ operation, containerId, config, looksOnly }) => {
        if (config.refuse) throw pluginError(120, "the port is taken");
        if (config.break) return undefined.steps;
        return { steps: [{ step: "port", text: operation + " of " + containerId, standing: "made", now: String(looksOnly) }] };
      };
      await main(definePlugin({ name: "refusing", add, del: add, compare }));`,
    );
    const script = `#!/bin/sh\nexec ${process.execPath} ${source}\n`;
    writeFileSync(join(directory, "bin/refusing"), script, { mode: 0o755 });
    const write = (more: object): void => {
      const config = { cniVersion: "1.1.0", name: "own", plugins: [{ type: "refusing", ...more }] };
      writeFileSync(join(directory, "net.d/own.conflist"), JSON.stringify(config));
    };
    write({});
    expect((await hawser(["plan", "own", "blue", "--id", "web"])).stdout).toContain(
      "+ port: ADD of web",
    );
    expect((await hawser(["gc", "own", "--none-valid", "--dry-run"])).stdout).toContain(
      "port: GC of",
    );
    write({ refuse: true });
    const refused = await hawser(["plan", "own", "blue"]);
    expect<unknown>([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("the port is taken"),
    ]);
    write({ break: true });
    const broken = await hawser(["plan", "own", "blue"]);
    expect(broken.code).toBe(0);
    expect(broken.stderr).toContain("refusing: its plan has failed");
  });

  test("case K9, kind: any other program is called with VERSION at most", async () => {
    plugin("some", {});
    network("some", ["some"]);
    const { stdout } = await hawser(["plan", "some", "blue"]);
    expect(stdout).toMatch(
      /some \(versions? \S.*\) is another project's program, which tells no plan/u,
    );
    expect(stdout).toContain("that takes a plugin made with Hawser's kit\n");
    expect(readFileSync(join(directory, "calls"), "utf8")).toMatch(/^(?:VERSION\n)+$/u);
    expect(existsSync(join(directory, "cache/results"))).toBe(false);
  });
});

describe("answers for programs", () => {
  test("case K10, kind: a command line that is no good is answered in JSON, too", async () => {
    for (const words of [
      ...[["add", "some"], ["add", "some", "blue", "--prot", "1"], ["frobnicate"]],
      ...[
        ["gc", "some"],
        ["del", "some"],
        ["add", "some", "blue", "--port", "x"],
      ],
    ]) {
      const { code } = await hawser([...words, "--json"]);
      expect(code).toBe(2);
      const { error } = await json(words);
      expect(error).toMatchObject({ code: 4, usage: true });
    }
  });

  test("case K10, kind: a line that is no terminal's is whole", async () => {
    const long = `a step with much to say ${"x".repeat(200)}`;
    const { pluginLines } = await import("./report.ts");
    const { createColors } = await import("picocolors");
    const step = { plugin: "some", step: "link", text: long, ms: 1 };
    const account = {
      ...{
        operation: "ADD" as const,
        network: "n",
        type: "some",
        position: 0,
        ms: 1,
        cleanup: false,
      },
      steps: [step],
    };
    expect(pluginLines(account, createColors(false), false)).toContain(long);
    expect(pluginLines(account, createColors(false), true)).not.toContain(long);
  });
});
