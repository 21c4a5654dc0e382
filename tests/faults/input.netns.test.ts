import { beforeAll, describe, expect } from "bun:test";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { faultOf } from "./judge.ts";
import { type Call, type JsonObject, Stage } from "./stage.ts";
import { containing } from "./words.ts";

/** Texts that are no configuration, versions that do not exist, and names that mean harm. */

const MIB = 1024 * 1024;

const IPAM = { type: "host-local", ranges: [[{ subnet: "10.9.0.0/24" }]] };
const GOOD: JsonObject = { cniVersion: "1.1.0", name: "good", type: "bridge", ipam: IPAM };
const TEXT = JSON.stringify(GOOD);

/** Text → the code it gives. */
const BROKEN: readonly (readonly [string, string, number])[] = [
  ["nothing at all", "", 6],
  ["white space", " \n\t ", 6],
  ["half a configuration", TEXT.slice(0, TEXT.length / 2), 6],
  ["all but the last character", TEXT.slice(0, -1), 6],
  ["one character", "{", 6],
  ["two documents", TEXT + TEXT, 6],
  ["something behind it", `${TEXT}x`, 6],
  ["a comment", `// mine\n${TEXT}`, 6],
  ["a trailing comma", TEXT.replace(/\}$/, ",}"), 6],
  ["a byte order mark", `\ufeff${TEXT}`, 6],
  ["a list", `[${TEXT}]`, 6],
  ["a number", "42", 6],
  ["a text", '"bridge"', 6],
  ["a lone surrogate's half escape", '{"name":"\\ud83"}', 6],
  ["a raw line break in a text", '{"name":"a\nb"}', 6],
  ["null", "null", 7],
  ["an empty object", "{}", 7],
  ["lists in lists, far too deep", "[".repeat(100_000), 6],
  ["objects in objects, far too deep", '{"a":'.repeat(100_000), 6],
  ["deep below an unknown key", `{"x":${"[".repeat(5000)}${"]".repeat(5000)}}`, 6],
  ["no name", JSON.stringify({ ...GOOD, name: "" }), 7],
  ["a name that is a number", JSON.stringify({ ...GOOD, name: 7 }), 6],
  ["a version that is a number", JSON.stringify({ ...GOOD, cniVersion: 1 }), 6],
  ["a version with a letter", JSON.stringify({ ...GOOD, cniVersion: "1.x.0" }), 1],
  ["a version of the future", JSON.stringify({ ...GOOD, cniVersion: "9.9.9" }), 1],
  ["a version between two", JSON.stringify({ ...GOOD, cniVersion: "0.3.2" }), 1],
  ["a very long version", JSON.stringify({ ...GOOD, cniVersion: "1".repeat(100_000) }), 1],
];

const BAD_NAMES: readonly string[] = [
  ...["../x", "a/b", "/", "..", ".", ".hidden", "-x", "a b", "a\nb", "a\u00a0b", "a\u2003b"],
  ...["name\u0000", "näme", "a:b", "a\\b", "$(reboot)", "`id`", "*"],
];

const BAD_IFNAMES: readonly string[] = [
  ...["../x", "a/b", "/", "..", ".", "a b", "a\tb", "a\nb", "a\u00a0b", "a\u2003b", "a\u3000b"],
  ...["a:b", "sixteen-bytes-xx", "ääääääää"],
];

/** Of names that the environment cannot carry into a process. */
const ONLY_INSIDE = /\0/;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.create();
});

async function both(call: Call): Promise<{ code: number; text: string }> {
  const inside = await stage.call(call);
  const fault = faultOf(inside);
  const values = [call.containerId, call.ifName, call.netns, call.args];
  if (values.some((value) => ONLY_INSIDE.test(value ?? ""))) return fault;
  if (hawserPlugins().missing !== undefined) return fault;
  const outside = await stage.run(call);
  expect(faultOf(outside)).toEqual(fault);
  return fault;
}

describe("a text that is no configuration", () => {
  for (const [what, config, code] of BROKEN) {
    skipBecause(undefined)(`${what}: code ${code}, and nothing is done`, async () => {
      const changed = await stage.changesOf(async () => {
        for (const type of PLUGIN_NAMES) {
          const fault = await both({ type, config });
          expect({ type, ...fault }).toMatchObject({ type, code });
          expect(fault.text.length).toBeLessThan(4096);
        }
        expect(faultOf(await stage.call({ type: "bridge", command: "DEL", config })).code).toBe(
          code,
        );
      });
      expect(changed).toEqual([]);
    });
  }
});

describe("a huge text", () => {
  const texts: readonly (readonly [string, () => string, number])[] = [
    ["60 MiB of one value", () => JSON.stringify({ ...GOOD, x: "y".repeat(60 * MIB) }), 5],
    ["60 MiB of white space", () => " ".repeat(60 * MIB) + TEXT, 5],
    ["60 MiB of brackets", () => "[".repeat(60 * MIB), 5],
    [
      "hundreds of thousands of keys",
      () => `{${Array.from({ length: 6e5 }, (_, i) => `"key${i}":${i}`).join()}}`,
      7,
    ],
    [
      "a million routes",
      () => JSON.stringify({ ...GOOD, ipam: { ...IPAM, routes: Array(1e6).fill(0) } }),
      7,
    ],
  ];
  for (const [what, make, code] of texts) {
    skipBecause(hawserPlugins().missing)(`${what}: code ${code} within seconds`, async () => {
      const config = make();
      const changed = await stage.changesOf(async () => {
        const answer = await stage.run({ type: "host-local", config }, 10_000);
        const fault = faultOf(answer);
        expect(fault.code).toBe(code);
        expect(fault.text.length).toBeLessThan(4096);
      });
      expect(changed).toEqual([]);
    });
  }

  skipBecause(hawserPlugins().missing)("bytes that are not UTF-8: code 6", async () => {
    const child = Bun.spawn([`${stage.dir}/bridge`], {
      env: stage.environment({ type: "bridge", config: {} }),
      stdin: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    const fault = faultOf({ exitCode: await child.exited, stdout, stderr });
    expect(fault).toMatchObject({ code: 6, text: containing("UTF-8") });
  });
});

describe("a hostile name", () => {
  skipBecause(undefined)("of a network: code 7, and it becomes no path", async () => {
    const changed = await stage.changesOf(async () => {
      for (const name of BAD_NAMES) {
        for (const type of PLUGIN_NAMES) {
          const config = { ...GOOD, name, type };
          const fault = await both({ type, config });
          expect({ name, type, ...fault }).toMatchObject({ name, type, code: 7 });
          expect(faultOf(await stage.call({ type, command: "DEL", config })).code).toBe(7);
        }
      }
    });
    expect(changed).toEqual([]);
  });

  skipBecause(undefined)("of a container: code 4", async () => {
    const changed = await stage.changesOf(async () => {
      for (const containerId of BAD_NAMES) {
        for (const type of PLUGIN_NAMES) {
          const fault = await both({ type, containerId, config: { ...GOOD, type } });
          expect({ containerId, type, ...fault }).toMatchObject({ containerId, type, code: 4 });
        }
      }
    });
    expect(changed).toEqual([]);
  });

  skipBecause(undefined)("R32 of an interface: code 4", async () => {
    const changed = await stage.changesOf(async () => {
      for (const ifName of [...BAD_IFNAMES, "a\0b"]) {
        for (const type of PLUGIN_NAMES) {
          const fault = await both({ type, ifName, config: { ...GOOD, type } });
          expect({ ifName, type, ...fault }).toMatchObject({ ifName, type, code: 4 });
        }
      }
    });
    expect(changed).toEqual([]);
  });

  skipBecause(undefined)("of a bridge: code 7, and the name is quoted", async () => {
    const changed = await stage.changesOf(async () => {
      for (const bridge of [...BAD_IFNAMES, "a\0b", ""]) {
        const fault = await both({ type: "bridge", config: { ...GOOD, bridge } });
        expect({ bridge, ...fault }).toMatchObject({ bridge, code: 7 });
        expect(fault.text).toContain(JSON.stringify(bridge));
      }
    });
    expect(changed).toEqual([]);
  });

  skipBecause(undefined)("of an IPAM plugin: code 7, and nothing is run", async () => {
    const changed = await stage.changesOf(async () => {
      for (const type of ["../host-local", "/bin/sh", "a/b", "..", ".", "a\0b"]) {
        const config = { ...GOOD, ipam: { ...IPAM, type } };
        const fault = faultOf(await stage.run({ type: "bridge", config }));
        expect({ type, ...fault }).toMatchObject({ type, code: 7 });
      }
    });
    expect(changed).toEqual([]);
  });

  skipBecause(undefined)("of a sysctl: code 7, and no file outside of net is touched", async () => {
    const prevResult = { cniVersion: "1.1.0", interfaces: [{ name: "eth0", sandbox: "/x" }] };
    const keys = [
      "kernel.hostname",
      "net/../kernel/hostname",
      "../../etc/hostname",
      "net",
      "",
      "net.a\0b",
    ];
    const changed = await stage.changesOf(async () => {
      for (const key of keys) {
        const config = { ...GOOD, type: "tuning", prevResult, sysctl: { [key]: "1" } };
        const fault = await both({ type: "tuning", config });
        expect({ key, ...fault }).toMatchObject({ key, code: 7 });
        expect(fault.text).toContain(JSON.stringify(key));
      }
    });
    expect(changed).toEqual([]);
  });
});

describe("R43 a variable that is missing or makes no sense", () => {
  const cases: readonly (readonly [string, Partial<Call>, number, string])[] = [
    ["an unknown command", { command: "FROB" }, 4, "FROB"],
    ["a command in small letters", { command: "add" }, 4, "add"],
    ["no container ID", { env: { CNI_CONTAINERID: undefined } }, 4, "CNI_CONTAINERID"],
    ["no namespace", { env: { CNI_NETNS: undefined } }, 4, "CNI_NETNS"],
    ["an empty namespace", { netns: "" }, 4, "CNI_NETNS"],
    ["no interface", { env: { CNI_IFNAME: undefined } }, 4, "CNI_IFNAME"],
    ["an empty interface", { ifName: "" }, 4, "CNI_IFNAME"],
    ["arguments without values", { args: "K8S" }, 4, "K8S"],
    ["a MAC that is none", { args: "MAC=zz:zz" }, 7, "zz:zz"],
    ["an address that is none", { args: "IP=10.9.0.999" }, 4, "10.9.0.999"],
  ];
  for (const [what, change, code, words] of cases) {
    skipBecause(undefined)(`${what}: code ${code}, and it is named`, async () => {
      const changed = await stage.changesOf(async () => {
        const fault = await both({ type: "bridge", config: GOOD, ...change });
        expect(fault).toMatchObject({ code, text: containing(words) });
      });
      expect(changed).toEqual([]);
    });
  }
});
