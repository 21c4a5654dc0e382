import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DOORS, type DoorAnswer } from "../../tests/support/plugin-doors.ts";
import { MAX_CONFIG_LENGTH } from "./config.ts";

const dir = mkdtempSync(join(tmpdir(), "hawser-entry-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let records = 0;

/** A file that the probe's callback creates, and so tells that it ran. */
const recordFile = (): string => join(dir, `record-${++records}`);

const ALL = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];
const RESULT = { cniVersion: "1.1.0", ips: [{ address: "10.1.2.3/24" }] };
const ENV = {
  CNI_CONTAINERID: "some-id",
  CNI_NETNS: "/nonexistent/netns",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/nonexistent/bin",
} as const;

function env(command: string, other: Record<string, string> = {}): Record<string, string> {
  const merged: Record<string, string> = { ...ENV, CNI_COMMAND: command, ...other };
  for (const [name, value] of Object.entries(merged)) {
    if (value === "-") {
      delete merged[name];
    }
  }
  return merged;
}

function config(probe: Record<string, unknown> = {}, other: Record<string, unknown> = {}): string {
  const lists = { "cni.dev/valid-attachments": [] };
  return JSON.stringify({
    cniVersion: "1.1.0",
    name: "net",
    type: "probe",
    ...lists,
    probe,
    ...other,
  });
}

/** The error object on stdout; fails the test when the call succeeded. */
function failure(answer: DoorAnswer): Record<string, unknown> {
  expect({ exitCode: answer.exitCode, stderr: answer.stderr }).toMatchObject({ exitCode: 1 });
  return JSON.parse(answer.stdout) as Record<string, unknown>;
}

describe.each([...DOORS])("$name", ({ call }) => {
  describe("environment", () => {
    const needed: Record<string, string[]> = {
      ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
      CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
      DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
      GC: ["CNI_PATH"],
      STATUS: ["CNI_PATH"],
    };
    test.each(Object.entries(needed))(
      "R43 R49 R58 R62 R70 %s needs its variables and names all that are missing, in order",
      async (verb, names) => {
        const answer = await call({ env: { CNI_COMMAND: verb }, stdin: config() });
        expect(failure(answer)).toEqual({
          cniVersion: "1.1.0",
          code: 4,
          msg: `required env variables [${names.join(",")}] missing`,
        });
        const enough = Object.fromEntries(names.map((name) => [name, env(verb)[name] ?? ""]));
        const full = await call({ env: { CNI_COMMAND: verb, ...enough }, stdin: config() });
        expect(full.exitCode).toBe(0);
      },
    );

    test("an empty variable counts as missing", async () => {
      const answer = await call({ env: env("ADD", { CNI_NETNS: "" }), stdin: config() });
      expect(failure(answer)["msg"]).toBe("required env variables [CNI_NETNS] missing");
    });

    test("R47 DEL is content without CNI_NETNS", async () => {
      const answer = await call({ env: env("DEL", { CNI_NETNS: "" }), stdin: config() });
      expect(answer).toMatchObject({ exitCode: 0, stdout: "" });
    });

    test("R29 a bad container ID is reported before what is missing", async () => {
      for (const id of ["-a", "a/b", "../x", "a b", "ä", "a\n"]) {
        const answer = await call({
          env: env("ADD", { CNI_CONTAINERID: id, CNI_IFNAME: "" }),
          stdin: config(),
        });
        expect(failure(answer)).toMatchObject({
          code: 4,
          msg: "invalid characters in containerID",
          details: id,
        });
      }
    });

    test("R31 R32 an interface name that Linux would refuse is code 4", async () => {
      const names: [string, string][] = [
        ["a234567890123456", "interface name is too long"],
        ["ä".repeat(8), "interface name is too long"],
        ["..", "interface name is . or .."],
        ["a/b", "interface name contains / or : or whitespace characters"],
        ["a:b", "interface name contains / or : or whitespace characters"],
        ["a\u00a0b", "interface name contains / or : or whitespace characters"],
      ];
      for (const [ifName, msg] of names) {
        const answer = await call({ env: env("DEL", { CNI_IFNAME: ifName }), stdin: config() });
        expect(failure(answer)).toMatchObject({ code: 4, msg });
      }
    });

    test("R29 names are not looked at by verbs that have no attachment", async () => {
      const bad = { CNI_CONTAINERID: "a/b", CNI_IFNAME: "a/b" };
      const answer = await call({ env: env("STATUS", bad), stdin: config() });
      expect(answer.exitCode).toBe(0);
    });

    test("D6 a plugin may do without CNI_PATH, though not for GC", async () => {
      const without = env("ADD", { CNI_PATH: "-" });
      const add = await call({ env: without, stdin: config({ result: RESULT }), small: true });
      expect(add.exitCode).toBe(0);
      const gc = await call({
        env: { ...without, CNI_COMMAND: "GC" },
        stdin: config(),
        small: true,
      });
      expect(failure(gc)["msg"]).toBe("required env variables [CNI_PATH] missing");
    });
  });

  describe("started by hand", () => {
    test("without CNI_COMMAND it introduces itself on stderr and succeeds", async () => {
      const answer = await call({ env: {}, stdin: "not even JSON" });
      expect(answer).toMatchObject({
        exitCode: 0,
        stdout: "",
        stderr: `CNI probe plugin v1.2.3\nCNI protocol versions supported: ${ALL.join(", ")}\n`,
      });
    });

    test("R26 a plugin without a text to show fails with code 4", async () => {
      const answer = await call({ env: {}, stdin: "", small: true });
      expect(failure(answer)).toMatchObject({
        code: 4,
        msg: "required env variables [CNI_COMMAND] missing",
      });
    });
  });

  describe("VERSION", () => {
    test("R63 R64 R106 D7 answers in the version it was asked in", async () => {
      const asked = { env: { CNI_COMMAND: "VERSION" }, stdin: '{"cniVersion":"1.0.0"}' };
      const answer = await call(asked);
      expect(answer.exitCode).toBe(0);
      expect(answer.stdout).toBe(
        `{"cniVersion":"1.0.0","supportedVersions":${JSON.stringify(ALL)}}\n`,
      );
    });

    test("D7 answers in the newest version when the request cannot be read", async () => {
      for (const stdin of ["", "{", "[]", '{"cniVersion":"v1"}', '{"cniVersion":1}']) {
        const answer = await call({ env: { CNI_COMMAND: "VERSION" }, stdin, small: true });
        expect(JSON.parse(answer.stdout)).toEqual({
          cniVersion: "1.1.0",
          supportedVersions: ["0.3.1", "0.4.0", "1.1.0"],
        });
      }
    });
  });

  describe("configuration", () => {
    test("R27 D1 text that is no JSON object is code 6, on stdout", async () => {
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
      for (const stdin of ["", "{", "[]", '"x"', '{"name":5}', "\ufeff{}", `{"a":${deep}}`]) {
        const error = failure(await call({ env: env("ADD"), stdin }));
        expect(error["code"]).toBe(6);
        expect(error["msg"]).toStartWith("error unmarshall network config: ");
      }
    });

    test("a configuration of more than 16 MiB is refused with code 5", async () => {
      const answer = await call({ env: env("ADD"), stdin: " ".repeat(MAX_CONFIG_LENGTH + 1) });
      expect(failure(answer)).toMatchObject({
        code: 5,
        msg: "error reading from stdin: longer than 16777216 bytes",
      });
    });

    test("a missing or hostile network name is code 7", async () => {
      const missing = failure(await call({ env: env("ADD"), stdin: "{}" }));
      expect(missing).toMatchObject({ code: 7, msg: "missing network name" });
      for (const name of ["../x", "a/b", "-a", ".a", "a b", "ä", "a\n"]) {
        const error = failure(await call({ env: env("DEL"), stdin: config({}, { name }) }));
        expect(error).toMatchObject({
          code: 7,
          msg: "invalid characters found in network name",
          details: name,
        });
      }
    });

    test("R28 D2 an unknown verb is code 4, but only with a valid configuration", async () => {
      const unknown = failure(await call({ env: env("NOPE"), stdin: config() }));
      expect(unknown).toMatchObject({ code: 4, msg: "unknown CNI_COMMAND: NOPE" });
      expect(failure(await call({ env: env("NOPE"), stdin: "" }))["code"]).toBe(6);
      expect(failure(await call({ env: env("add"), stdin: config() }))["code"]).toBe(4);
    });

    test("keys match without regard to case", async () => {
      const stdin = '{"CNIVersion":"1.0.0","NAME":"net","Probe":{"RESULT":{"ips":[]}}}';
      const answer = await call({ env: env("ADD"), stdin });
      expect(JSON.parse(answer.stdout)).toEqual({ cniVersion: "1.0.0" });
    });
  });

  describe("versions", () => {
    test("R122 the configuration's version must be one that the plugin names", async () => {
      for (const version of ["9.9.9", "1.0.0", "1.1", "nonsense"]) {
        const stdin = config({}, { cniVersion: version });
        expect(failure(await call({ env: env("ADD"), stdin, small: true }))).toEqual({
          cniVersion: "1.1.0",
          code: 1,
          msg: "incompatible CNI versions",
          details: `config is "${version}", plugin supports ["0.3.1" "0.4.0" "1.1.0"]`,
        });
      }
    });

    test("R51 CHECK needs 0.4.0; GC and STATUS need 1.1.0", async () => {
      const since: [string, string, string][] = [
        ["CHECK", "0.3.1", "0.4.0"],
        ["GC", "1.0.0", "1.1.0"],
        ["STATUS", "1.0.0", "1.1.0"],
      ];
      for (const [verb, before, from] of since) {
        const early = await call({ env: env(verb), stdin: config({}, { cniVersion: before }) });
        expect(failure(early)).toMatchObject({
          code: 1,
          msg: `config version does not allow ${verb}`,
        });
        const allowed = await call({ env: env(verb), stdin: config({}, { cniVersion: from }) });
        expect(allowed).toMatchObject({ exitCode: 0, stdout: "" });
      }
    });

    test("CHECK of a version newer than the plugin's is refused, and of none code 6", async () => {
      const newer = await call({ env: env("CHECK"), stdin: config({}, { cniVersion: "9.9.9" }) });
      expect(failure(newer)).toMatchObject({
        code: 1,
        msg: "plugin version does not allow CHECK",
      });
      const none = await call({ env: env("CHECK"), stdin: config({}, { cniVersion: "v1" }) });
      expect(failure(none)["code"]).toBe(6);
    });

    test("R123 a configuration without a version is in 0.1.0, and so is the answer", async () => {
      for (const cniVersion of [undefined, null, ""]) {
        const stdin = config({ result: { ips: RESULT.ips } }, { cniVersion });
        const answer = await call({ env: env("ADD"), stdin });
        expect(JSON.parse(answer.stdout)).toEqual({
          cniVersion: "0.1.0",
          ip4: { ip: "10.1.2.3/24" },
          dns: {},
        });
      }
    });

    test("a version that is no string is code 6", async () => {
      const answer = await call({ env: env("ADD"), stdin: config({}, { cniVersion: 1 }) });
      expect(failure(answer)["code"]).toBe(6);
    });
  });

  describe("answers", () => {
    test("R39 R102 a result is printed in the configuration's version, four spaces deep", async () => {
      const stdin = config({ result: RESULT }, { cniVersion: "0.4.0" });
      const answer = await call({ env: env("ADD"), stdin });
      expect(JSON.parse(answer.stdout)).toEqual({
        cniVersion: "0.4.0",
        ips: [{ version: "4", address: "10.1.2.3/24" }],
        dns: {},
      });
      expect(answer.stdout).toStartWith('{\n    "cniVersion": "0.4.0",\n    "ips"');
      expect(answer.stdout).toEndWith("}");
    });

    test("R40 R105 prevResult comes out again, with fields that nobody knows", async () => {
      const prevResult = {
        cniVersion: "1.1.0",
        interfaces: [{ name: "eth0", "example.com/colour": "red" }],
        ips: [{ address: "10.1.2.3/24", interface: 0, weight: 3 }],
        "example.com/serial": 1,
      };
      const answer = await call({ env: env("ADD"), stdin: config({}, { prevResult }) });
      expect(JSON.parse(answer.stdout)).toEqual(prevResult);
    });

    test("a prevResult without a version has the configuration's", async () => {
      const prevResult = { ips: [{ version: "4", address: "10.1.2.3/24" }] };
      const stdin = config({}, { cniVersion: "0.4.0", prevResult });
      const answer = await call({ env: env("ADD"), stdin });
      expect(JSON.parse(answer.stdout)).toEqual({ cniVersion: "0.4.0", ...prevResult, dns: {} });
    });

    test("an unreadable prevResult fails ADD with code 6; DEL goes on without it", async () => {
      for (const prevResult of [5, { cniVersion: "1.1.0", ips: [{ address: "x" }] }]) {
        const record = recordFile();
        const stdin = config({ record }, { prevResult });
        const error = failure(await call({ env: env("ADD"), stdin }));
        expect(error["code"]).toBe(6);
        expect(error["msg"]).toStartWith("could not parse prevResult: ");
        expect(existsSync(record)).toBe(false);
        const del = await call({ env: env("DEL"), stdin });
        expect(del).toMatchObject({ exitCode: 0, stdout: "" });
        expect(del.stderr).toContain("could not parse prevResult");
        expect(existsSync(record)).toBe(true);
      }
    });

    test("R46 R48 R57 DEL, also without prevResult, and CHECK print nothing", async () => {
      for (const verb of ["DEL", "DEL", "CHECK"]) {
        const answer = await call({ env: env(verb), stdin: config() });
        expect(answer).toMatchObject({ exitCode: 0, stdout: "" });
      }
    });

    test("a verb without a callback succeeds and prints nothing", async () => {
      for (const verb of ["CHECK", "GC", "STATUS"]) {
        const answer = await call({ env: env(verb), stdin: config(), small: true });
        expect(answer).toMatchObject({ exitCode: 0, stdout: "" });
      }
    });

    test("R36 D4 a typed error goes out as it is, with the version in use", async () => {
      const fail = { code: 11, msg: "again", details: "soon" };
      for (const wrapped of [false, true]) {
        const stdin = config({ fail, wrapped }, { cniVersion: "0.4.0" });
        const answer = await call({ env: env("ADD"), stdin });
        expect(failure(answer)).toEqual({ cniVersion: "0.4.0", ...fail });
        expect(answer.stdout).toBe(
          '{\n    "cniVersion": "0.4.0",\n    "code": 11,\n    "msg": "again",\n    "details": "soon"\n}',
        );
      }
    });

    test("R37 an untyped error has code 999 and its own text", async () => {
      const answer = await call({ env: env("DEL"), stdin: config({ throws: "no luck" }) });
      expect(failure(answer)).toEqual({ cniVersion: "1.1.0", code: 999, msg: "no luck" });
    });

    test("R25 log lines go to stderr", async () => {
      const answer = await call({ env: env("DEL"), stdin: config({ log: "for people" }) });
      expect(answer).toMatchObject({ exitCode: 0, stdout: "", stderr: "for people\n" });
    });

    test("R59 R60 STATUS tells why it is not ready, and other verbs still work", async () => {
      const fail = { code: 50, msg: "no address left" };
      const status = await call({ env: env("STATUS"), stdin: config({ fail }) });
      expect(failure(status)).toEqual({ cniVersion: "1.1.0", ...fail });
      const add = await call({ env: env("ADD"), stdin: config({ result: RESULT }) });
      expect(add.exitCode).toBe(0);
    });
  });

  describe("GC", () => {
    const attachment = { containerID: "one", ifname: "eth0" };

    async function seenBy(lists: Record<string, unknown>): Promise<unknown> {
      const record = recordFile();
      const stdin = config({ record }, { "cni.dev/valid-attachments": undefined, ...lists });
      const answer = await call({ env: env("GC"), stdin });
      expect(answer).toMatchObject({ exitCode: 0, stdout: "" });
      return (JSON.parse(readFileSync(record, "utf8")) as Record<string, unknown>)[
        "validAttachments"
      ];
    }

    test("R68 the valid attachments arrive under the specification's key or the older one", async () => {
      expect(await seenBy({ "cni.dev/valid-attachments": [attachment] })).toEqual([attachment]);
      expect(await seenBy({ "cni.dev/attachments": [attachment] })).toEqual([attachment]);
      const both = { "cni.dev/attachments": [attachment], "cni.dev/valid-attachments": [] };
      expect(await seenBy(both)).toEqual([]);
    });

    test("D20 the null that libcni sends for an empty list is an empty list", async () => {
      expect(await seenBy({ "cni.dev/valid-attachments": null })).toEqual([]);
    });

    test("R68 no list, or a malformed one, is code 7 and nothing is collected", async () => {
      const bad = [
        undefined,
        "x",
        [1],
        [{ containerID: "a/b", ifname: "eth0" }],
        [{ ifname: "e" }],
      ];
      for (const list of bad) {
        const record = recordFile();
        const stdin = config({ record }, { "cni.dev/valid-attachments": list });
        expect(failure(await call({ env: env("GC"), stdin }))["code"]).toBe(7);
        expect(existsSync(record)).toBe(false);
      }
    });
  });

  describe("host's namespace", () => {
    test("D18 is refused before anything is done, on ADD, DEL and CHECK", async () => {
      for (const verb of ["ADD", "DEL", "CHECK"]) {
        for (const netns of ["/proc/self/ns/net", `/proc/${process.pid}/ns/net`]) {
          const record = recordFile();
          const stdin = config({ record, result: RESULT });
          const answer = await call({ env: env(verb, { CNI_NETNS: netns }), stdin });
          expect(failure(answer)).toMatchObject({
            code: 8,
            msg: "plugin's netns and netns from CNI_NETNS should not be the same",
          });
          expect(existsSync(record)).toBe(false);
        }
      }
    });

    test("D18 is allowed with CNI_NETNS_OVERRIDE, and STATUS does not care", async () => {
      const host = { CNI_NETNS: "/proc/self/ns/net" };
      for (const override of ["1", "true", "TRUE"]) {
        const variables = env("DEL", { ...host, CNI_NETNS_OVERRIDE: override });
        expect((await call({ env: variables, stdin: config() })).exitCode).toBe(0);
      }
      const no = env("DEL", { ...host, CNI_NETNS_OVERRIDE: "yes" });
      expect((await call({ env: no, stdin: config() })).exitCode).toBe(1);
      expect((await call({ env: env("STATUS", host), stdin: config() })).exitCode).toBe(0);
    });
  });

  test("R19 R21 standard keys and args of any content are no error", async () => {
    const other = {
      ...{ ipMasq: true, ipam: { type: "x" }, dns: { nameservers: ["10.0.0.1"] } },
      args: { cni: { labels: [{ key: "a", value: "b" }] }, "example.com": 1 },
      ...{ capabilities: { mac: true }, runtimeConfig: { mac: "00:11:22:33:44:55" } },
    };
    const answer = await call({ env: env("ADD"), stdin: config({ result: RESULT }, other) });
    expect(answer.exitCode).toBe(0);
  });

  test("the callback is given the call as it was made", async () => {
    const record = recordFile();
    const stdin = ` ${config({ record, result: RESULT }, { big: 1 }).replace('"big":1', '"big":1.0')}\n`;
    const variables = env("ADD", { CNI_ARGS: "A=1;B", CNI_PATH: "/nonexistent/a:/nonexistent/b" });
    expect((await call({ env: variables, stdin })).exitCode).toBe(0);
    expect(JSON.parse(readFileSync(record, "utf8"))).toEqual({
      operation: "ADD",
      network: "net",
      cniVersion: "1.1.0",
      containerId: "some-id",
      netns: ENV.CNI_NETNS,
      ifName: "eth0",
      rawArgs: "A=1;B",
      path: ["/nonexistent/a", "/nonexistent/b"],
      stdin,
    });
  });
});
