/** The example plugins on the packed npm package alone, as programs of Node and of Bun. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";

/** The checkout, which the runner of the tests names; it has the sources of the examples. */
const root = process.env["HAWSER_ROOT"] ?? process.cwd();
const bun = join(root, "node_modules/.bin/bun");
const installed = createRequire(import.meta.url).resolve("hawser/package.json");
const parent = dirname(dirname(installed));
/** A folder from which the package is found: beside the installed one, or in the package itself. */
const programs = join(
  parent.endsWith("node_modules") ? dirname(parent) : join(dirname(installed), "dist"),
  `examples-${process.pid}`,
);
const scratch = mkdtempSync(join(tmpdir(), "hawser-examples-"));

const STALL = `import { definePlugin, main } from "hawser/plugin";
const never = () => new Promise(() => {});
await main(definePlugin({ name: "stall", add: never, del: never }), import.meta);
`;

before(() => {
  mkdirSync(programs, { recursive: true });
  for (const name of ["first", "hostsdir", "wire", "results"]) {
    const source = join(root, "examples/plugins", `${name}.ts`);
    const target = join(programs, `${name}.mjs`);
    const built = spawnSync(bun, ["build", "--no-bundle", "--outfile", target, source]);
    assert.equal(built.status, 0, String(built.stderr));
  }
  writeFileSync(join(programs, "stall.mjs"), STALL);
  // As esbuild and others write a plugin in CommonJS: import.meta is an empty object there.
  writeFileSync(join(programs, "common.mjs"), STALL.replace("import.meta", "{}"));
  for (const name of ["searches", "nodefault"]) {
    symlinkSync("results.mjs", join(programs, `${name}.mjs`));
  }
});
after(() => {
  rmSync(programs, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function call(
  runtime: string,
  name: string,
  command: string,
  config: Record<string, unknown>,
  ...words: readonly string[]
): Outcome {
  return spawnSync(runtime, [join(programs, `${name}.mjs`), ...words], {
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"] ?? "",
      CNI_COMMAND: command,
      CNI_CONTAINERID: "web-1",
      CNI_NETNS: "/nonexistent/netns",
      CNI_IFNAME: "eth0",
      CNI_PATH: "/nonexistent/bin",
    },
    input: JSON.stringify({ cniVersion: "1.1.0", name: "net", ...config }),
    timeout: 20_000,
  });
}

function parsed(answer: Outcome): Record<string, unknown> {
  return JSON.parse(answer.stdout) as Record<string, unknown>;
}

const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.1.0.5/16" }] };

for (const [title, runtime] of [
  ["Node", process.execPath],
  ["Bun", bun],
] as const) {
  void describe(title, () => {
    void test("R63 every example tells its versions", () => {
      for (const name of ["first", "hostsdir", "wire"]) {
        const answer = call(runtime, name, "VERSION", { cniVersion: "1.0.0" });
        assert.equal(answer.status, 0);
        assert.equal(parsed(answer)["cniVersion"], "1.0.0");
      }
    });

    void test("first adds name servers to the result", () => {
      const nameservers = ["10.1.0.1"];
      const answer = call(runtime, "first", "ADD", { nameservers, prevResult });
      assert.deepEqual(JSON.parse(answer.stdout), { ...prevResult, dns: { nameservers } });
    });

    void test("hostsdir goes through ADD, CHECK, GC, STATUS and DEL", () => {
      const directory = mkdtempSync(join(scratch, "hosts-"));
      const file = join(directory, "net/web-1@eth0");
      const config = { directory, prevResult, runtimeConfig: { aliases: ["web"] } };
      const valid = [{ containerID: "web-1", ifname: "eth0" }];
      assert.equal(call(runtime, "hostsdir", "STATUS", config).status, 0);
      const added = call(runtime, "hostsdir", "ADD", config);
      assert.deepEqual(JSON.parse(added.stdout), prevResult);
      assert.equal(readFileSync(file, "utf8"), "10.1.0.5 web-1 web\n");
      assert.equal(call(runtime, "hostsdir", "CHECK", config).status, 0);
      const lists = { ...config, "cni.dev/valid-attachments": valid };
      assert.equal(call(runtime, "hostsdir", "GC", lists).status, 0);
      assert.ok(existsSync(file));
      assert.equal(call(runtime, "hostsdir", "DEL", config).status, 0);
      assert.ok(!existsSync(file));
      const failed = call(runtime, "hostsdir", "CHECK", config);
      assert.equal(failed.status, 1);
      assert.equal(parsed(failed)["code"], 3);
    });

    void test("case L7: one program is the plugin as whose name it is called", () => {
      const routes = [{ dst: "0.0.0.0/0" }, { dst: "10.0.0.0/8" }];
      const config = { searches: ["example.org"], prevResult: { ...prevResult, routes } };
      // Bun follows links before it says which script it runs: there it is the first argument, or a
      // compiled program, which knows the name that it was called by.
      const as = (name: string): Outcome =>
        runtime === bun
          ? call(runtime, "results", "ADD", config, name)
          : call(runtime, name, "ADD", config);
      const searches = parsed(as("searches"));
      assert.deepEqual(searches, { ...prevResult, routes, dns: { search: ["example.org"] } });
      const nodefault = parsed(as("nodefault"));
      assert.deepEqual(nodefault, { ...prevResult, routes: [{ dst: "10.0.0.0/8" }] });
      const unnamed = call(runtime, "results", "ADD", config);
      assert.equal(unnamed.status, 1);
      assert.match(
        String(parsed(unnamed)["msg"]),
        /the plugins searches, nodefault, and was called/,
      );
    });

    void test("case L6: a CommonJS bundle says how it has to be bundled, and fails", () => {
      const answer = call(runtime, "common", "ADD", {});
      assert.equal(answer.status, 1);
      assert.equal(parsed(answer)["code"], 999);
      assert.match(String(parsed(answer)["details"]), /--format=esm/);
    });

    void test("D18 the host's own namespace is refused", () => {
      const answer = spawnSync(runtime, [join(programs, "wire.mjs")], {
        encoding: "utf8",
        env: {
          CNI_COMMAND: "ADD",
          CNI_CONTAINERID: "web-1",
          CNI_NETNS: "/proc/self/ns/net",
          CNI_IFNAME: "eth0",
          CNI_PATH: "/nonexistent/bin",
        },
        input: '{"cniVersion":"1.1.0","name":"net","ipam":{"type":"x"}}',
      });
      assert.equal(answer.status, 1);
      assert.equal(parsed(answer)["code"], 8);
    });
  });
}

void test("R27 on Node a callback that never ends, with nothing left to wait for, is an error", () => {
  const answer = call(process.execPath, "stall", "ADD", {});
  assert.equal(answer.status, 1);
  assert.equal(parsed(answer)["msg"], "the plugin stopped without an answer");
});
