import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { config, DOORS, ENV, env, failure, RESULT } from "../../tests/support/plugin-doors.ts";
import { definePlugin } from "./definition.ts";
import { tryPlugin } from "./try.ts";

const dir = mkdtempSync(join(tmpdir(), "hawser-entry-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let records = 0;

/** A file that the probe's callback creates, and so tells that it ran. */
const recordFile = (): string => join(dir, `record-${++records}`);

describe.each([...DOORS])("$name", ({ call }) => {
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
      for (const operation of ["DEL", "DEL", "CHECK"]) {
        const answer = await call({ env: env(operation), stdin: config() });
        expect(answer).toMatchObject({ exitCode: 0, stdout: "" });
      }
    });

    test("an operation without a callback succeeds and prints nothing", async () => {
      for (const operation of ["CHECK", "GC", "STATUS"]) {
        const answer = await call({ env: env(operation), stdin: config(), small: true });
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
      const { details, ...error } = failure(answer);
      expect(error).toEqual({ cniVersion: "1.1.0", code: 999, msg: "no luck" });
      expect(details).toMatch(
        /^a bug of the plugin probe, at .*probe\.ts:\d+.*; its stack is on stderr$/u,
      );
      expect(answer.stderr).toMatch(/^Error: no luck\n {4}at .*probe\.ts/u);
    });

    test("R25 log lines go to stderr", async () => {
      const answer = await call({ env: env("DEL"), stdin: config({ log: "for people" }) });
      expect(answer).toMatchObject({ exitCode: 0, stdout: "", stderr: "for people\n" });
    });

    test("R59 R60 STATUS tells why it is not ready, and other operations still work", async () => {
      const fail = { code: 50, msg: "no address left" };
      const status = await call({ env: env("STATUS"), stdin: config({ fail }) });
      expect(failure(status)).toEqual({ cniVersion: "1.1.0", ...fail });
      const add = await call({ env: env("ADD"), stdin: config({ result: RESULT }) });
      expect(add.exitCode).toBe(0);
    });
  });

  describe("GC", () => {
    const attachment = { containerID: "one", ifname: "eth0" };
    const seen = [{ containerId: "one", ifName: "eth0" }];

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
      expect(await seenBy({ "cni.dev/valid-attachments": [attachment] })).toEqual(seen);
      expect(await seenBy({ "cni.dev/attachments": [attachment] })).toEqual(seen);
      const both = { "cni.dev/attachments": [attachment], "cni.dev/valid-attachments": [] };
      expect(await seenBy(both)).toEqual([]);
    });

    test("case L6, kind: by the keys of the request a callback is told how they are called", async () => {
      const plugin = definePlugin({
        ...{ name: "old", add: () => ({}), del: () => undefined },
        gc(ctx) {
          const [first] = ctx.validAttachments ?? [];
          ctx.log(String((first as unknown as { containerID: string }).containerID));
        },
      });
      const lists = { "cni.dev/valid-attachments": [attachment] };
      const config = { cniVersion: "1.1.0", name: "n", ...lists };
      const outcome = await tryPlugin(plugin, { operation: "GC", config });
      expect(outcome.json).toMatchObject({ code: 999 });
      expect(outcome.stdout).toContain(
        'a valid attachment has its container\'s ID as \\"containerId\\"',
      );
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
    test("D18 is refused before anything is done, on ADD and CHECK", async () => {
      for (const operation of ["ADD", "CHECK"]) {
        for (const netns of ["/proc/self/ns/net", `/proc/${process.pid}/ns/net`]) {
          const record = recordFile();
          const stdin = config({ record, result: RESULT });
          const answer = await call({ env: env(operation, { CNI_NETNS: netns }), stdin });
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
      const no = env("CHECK", { ...host, CNI_NETNS_OVERRIDE: "yes" });
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
      netns: ENV["CNI_NETNS"],
      ifName: "eth0",
      rawArgs: "A=1;B",
      path: ["/nonexistent/a", "/nonexistent/b"],
      stdin,
    });
  });
});
