import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DOORS, type DoorAnswer } from "../../tests/support/plugin-doors.ts";

const dir = mkdtempSync(join(tmpdir(), "hawser-delegate-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let made = 0;

interface Request {
  readonly command: string;
  readonly env: Record<string, string>;
  readonly stdin: string;
}

interface Recorder {
  /** The directory that holds the plugin "ipam". */
  readonly path: string;
  requests(): Request[];
}

/** An IPAM plugin of a few lines of shell that takes down each request and gives the answers of a table. */
function recorder(answers: Record<string, string> = {}): Recorder {
  const path = mkdtempSync(join(dir, "bin-"));
  const log = join(dir, `log-${++made}`);
  const cases = Object.entries(answers).map(([operation, script]) => `${operation}) ${script} ;;`);
  const script = [
    "#!/bin/sh",
    `n=$(ls -d ${log}.* 2>/dev/null | wc -l)`,
    `mkdir ${log}.$n`,
    `cat > ${log}.$n/stdin`,
    `env > ${log}.$n/env`,
    `case "$CNI_COMMAND" in`,
    ...cases,
    'ADD) echo \'{"cniVersion":"1.1.0","ips":[{"address":"10.1.2.3/24"}]}\' ;;',
    "esac",
  ];
  const file = join(path, "ipam");
  writeFileSync(file, `${script.join("\n")}\n`);
  chmodSync(file, 0o755);
  const requests = (): Request[] => {
    const found: Request[] = [];
    for (let n = 0; existsSync(`${log}.${n}`); n++) {
      const lines = readFileSync(`${log}.${n}/env`, "utf8").split("\n");
      const env = Object.fromEntries(
        lines.filter((line) => line.includes("=")).map((line) => line.split(/=(.*)/su, 2)),
      ) as Record<string, string>;
      const stdin = readFileSync(`${log}.${n}/stdin`, "utf8");
      found.push({ command: env["CNI_COMMAND"] ?? "", env, stdin });
    }
    return found;
  };
  return { path, requests };
}

const STDIN =
  ' {"cniVersion":"1.1.0", "name":"net","type":"probe","big":12345678901234567890,"one":1.0,' +
  '\n"probe":{"delegate":"ipam"},"cni.dev/valid-attachments":[]}\n';

function env(command: string, path: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    CNI_COMMAND: command,
    CNI_CONTAINERID: "some-id",
    CNI_NETNS: "/nonexistent/netns",
    CNI_IFNAME: "eth0",
    CNI_ARGS: "IgnoreUnknown=1;A=B",
    CNI_PATH: `/nonexistent/bin:${path}`,
    SOMETHING: "else",
  };
}

function failure(answer: DoorAnswer): Record<string, unknown> {
  expect(answer.exitCode).toBe(1);
  return JSON.parse(answer.stdout) as Record<string, unknown>;
}

describe.each([...DOORS])("$name", ({ call }) => {
  test("R95 R96 R99 every operation reaches the delegate with the same environment and stdin", async () => {
    for (const operation of ["ADD", "DEL", "CHECK", "GC", "STATUS"]) {
      const ipam = recorder();
      const given = env(operation, ipam.path);
      const answer = await call({ env: given, stdin: STDIN });
      expect(answer.exitCode).toBe(0);
      const [request, ...others] = ipam.requests();
      expect(others).toEqual([]);
      expect(request?.stdin).toBe(STDIN);
      expect(request?.env).toMatchObject(given);
    }
  });

  test("R101 what the delegate gives is the result; interfaces of its own are accepted", async () => {
    const result =
      '{"ips":[{"address":"10.1.2.3/24"}],"interfaces":[{"name":"x"}],"example.com/a":1}';
    const ipam = recorder({ ADD: `echo '${result}'` });
    const answer = await call({ env: env("ADD", ipam.path), stdin: STDIN });
    expect(JSON.parse(answer.stdout)).toEqual({ cniVersion: "1.1.0", ...JSON.parse(result) });
  });

  test("R101 success without a usable result is an error, and the delegate is undone", async () => {
    for (const output of ["", "nonsense", "[]"]) {
      const ipam = recorder({ ADD: `echo '${output}'` });
      const answer = await call({ env: env("ADD", ipam.path), stdin: STDIN });
      expect(failure(answer)).toMatchObject({ code: 6 });
      expect(ipam.requests().map(({ command }) => command)).toEqual(["ADD", "DEL"]);
    }
  });

  test("R61 R67 R99 a delegate's typed error goes out unchanged", async () => {
    const error = { code: 11, msg: "again", details: "dd" };
    for (const operation of ["ADD", "DEL", "CHECK", "GC", "STATUS"]) {
      const ipam = recorder({ [operation]: `echo '${JSON.stringify(error)}'; exit 1` });
      const answer = await call({ env: env(operation, ipam.path), stdin: STDIN });
      expect(failure(answer)).toEqual({ cniVersion: "1.1.0", ...error });
    }
  });

  test("R100 a delegate whose ADD failed is called with DEL, whose own failure is only told", async () => {
    const ipam = recorder({
      ADD: `echo '{"code":100,"msg":"full"}'; exit 1`,
      DEL: `echo '{"code":101,"msg":"worse"}'; exit 1`,
    });
    const answer = await call({ env: env("ADD", ipam.path), stdin: STDIN });
    expect(failure(answer)).toMatchObject({ code: 100, msg: "full" });
    expect(answer.stderr).toContain("worse");
    expect(ipam.requests().map(({ command }) => command)).toEqual(["ADD", "DEL"]);
  });

  test("R97 calling the delegate with another operation leaves the plugin's own environment", async () => {
    const ipam = recorder();
    const stdin = STDIN.replace('"delegate"', '"undo":true,"delegate"');
    const answer = await call({ env: env("ADD", ipam.path), stdin });
    expect(failure(answer)).toMatchObject({ code: 100, details: "ADD" });
    expect(ipam.requests().map(({ command }) => command)).toEqual(["ADD", "DEL"]);
  });

  test("R98 the delegate's stderr comes out on the plugin's, also when it fails", async () => {
    for (const end of ["exit 0", `echo '{"code":100,"msg":"x"}'; exit 1`]) {
      const ipam = recorder({ CHECK: `echo 'for people' >&2; ${end}` });
      const answer = await call({ env: env("CHECK", ipam.path), stdin: STDIN });
      expect(answer.stderr).toBe("for people\n");
    }
  });

  test("R95 a delegate that is not found, or whose name is a path, is an error", async () => {
    const ipam = recorder();
    const missing = await call({
      env: env("CHECK", ipam.path),
      stdin: STDIN.replace('"ipam"', '"other"'),
    });
    expect(failure(missing)["msg"]).toContain('failed to find plugin "other" in path');
    const path = await call({
      env: env("CHECK", ipam.path),
      stdin: STDIN.replace('"ipam"', '"../ipam"'),
    });
    expect(failure(path)["msg"]).toBe("invalid plugin name: ../ipam");
    expect(ipam.requests()).toEqual([]);
  });
});
