import { describe, expect, test } from "bun:test";
import {
  ALL_VERSIONS,
  config,
  DOORS,
  env,
  failure,
  RESULT,
} from "../../tests/support/plugin-doors.ts";
import { MAX_CONFIG_LENGTH } from "./config.ts";

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
      async (operation, names) => {
        const answer = await call({ env: { CNI_COMMAND: operation }, stdin: config() });
        expect(failure(answer)).toEqual({
          cniVersion: "1.1.0",
          code: 4,
          msg: `required env variables [${names.join(",")}] missing`,
        });
        const enough = Object.fromEntries(names.map((name) => [name, env(operation)[name] ?? ""]));
        const full = await call({ env: { CNI_COMMAND: operation, ...enough }, stdin: config() });
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

    test("R29 names are not looked at by operations that have no attachment", async () => {
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
        stderr: `CNI probe plugin v1.2.3\nCNI protocol versions supported: ${ALL_VERSIONS.join(", ")}\n`,
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
        `{"cniVersion":"1.0.0","supportedVersions":${JSON.stringify(ALL_VERSIONS)}}\n`,
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

    test("R28 D2 an unknown operation is code 4, but only with a valid configuration", async () => {
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
      for (const [operation, before, from] of since) {
        const early = await call({
          env: env(operation),
          stdin: config({}, { cniVersion: before }),
        });
        expect(failure(early)).toMatchObject({
          code: 1,
          msg: `config version does not allow ${operation}`,
        });
        const allowed = await call({
          env: env(operation),
          stdin: config({}, { cniVersion: from }),
        });
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
});
