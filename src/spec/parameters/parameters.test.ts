import { describe, expect, test } from "bun:test";

import { printable } from "../../base/index.ts";
import { CniError } from "../errors.ts";
import {
  checkContainerId,
  checkIfName,
  checkNetworkName,
  checkPluginType,
  checkRequired,
  isOperation,
  OPERATIONS,
  parseArgs,
  parseOperation,
  printArgs,
  requiredVariables,
} from "./index.ts";

function thrown(run: () => void): { code: number; msg: string; details: string | undefined } {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    return { code: error.code, msg: error.msg, details: error.details };
  }
  throw new Error("nothing was thrown");
}

describe("names", () => {
  test.each(["a", "0", "A.b_c-d", "a..", "9-"])(
    "R6 R29 %j is a network name and a container ID",
    (name) => {
      checkNetworkName(name);
      checkContainerId(name);
    },
  );

  test.each(["-a", ".a", "_a", "a b", "a/b", "ä", "a\n", "../x", "a\0", "a:b"])(
    "R6 R29 %j is neither network name nor container ID",
    (name) => {
      const network = "invalid characters found in network name";
      expect(thrown(() => checkNetworkName(name))).toEqual({
        code: 7,
        msg: network,
        details: printable(name),
      });
      const container = "invalid characters in containerID";
      expect(thrown(() => checkContainerId(name))).toEqual({
        code: 4,
        msg: container,
        details: printable(name),
      });
    },
  );

  test("R6 R29 missing names have their own codes", () => {
    expect(thrown(() => checkNetworkName(""))).toMatchObject({
      code: 7,
      msg: "missing network name",
    });
    expect(thrown(() => checkContainerId(""))).toMatchObject({
      code: 3,
      msg: "missing containerID",
    });
  });

  test.each(["eth0", "a", "äääääää", "a".repeat(15), "...", "-", "a\\b"])(
    "R32 %j is an interface name",
    (name) => {
      checkIfName(name);
    },
  );

  test.each([
    ["", "interface name is empty"],
    ["a".repeat(16), "interface name is too long"],
    ["ääääääää", "interface name is too long"],
    ["😀😀😀😀", "interface name is too long"],
    [".", "interface name is . or .."],
    ["..", "interface name is . or .."],
    ["a/b", "interface name contains / or : or whitespace characters"],
    ["a:b", "interface name contains / or : or whitespace characters"],
    ["a b", "interface name contains / or : or whitespace characters"],
    ["a\u00a0b", "interface name contains / or : or whitespace characters"],
    ["a\u3000", "interface name contains / or : or whitespace characters"],
    ["a\0", "interface name contains a NUL character"],
  ])("R31 R32 %j is refused: %s", (name, msg) => {
    expect(thrown(() => checkIfName(name))).toMatchObject({ code: 4, msg });
  });

  test.each([
    ["\x01", "interface name contains a control character"],
    ["\x7f", "interface name contains a control character"],
    ["\x1b[1m", "interface name contains a control character"],
    ["a\x9f", "interface name contains a control character"],
  ])("case S2: %j is refused: %s", (name, msg) => {
    expect(thrown(() => checkIfName(name))).toMatchObject({ code: 4, msg });
  });

  test.each([
    ["a\ufffd", "interface name is not valid UTF-8"],
    ["a\ud800", "interface name is not valid UTF-8"],
    ["eth%d", "interface name contains %"],
    ["à", "interface name contains the byte 0xa0"],
  ])("case S2, kind: %j is refused, since the link would bear another name: %s", (name, msg) => {
    expect(thrown(() => checkIfName(name))).toMatchObject({ code: 4, msg });
  });

  test.each(["../x", "a/b", "a\\b", "..", ".", "a\0"])("R15 %j is no plugin type", (type) => {
    expect(thrown(() => checkPluginType(type))).toMatchObject({
      code: 7,
      msg: `invalid plugin name: ${printable(type)}`,
    });
  });

  test("R15 a plugin type must be there", () => {
    expect(thrown(() => checkPluginType("")).msg).toBe("no plugin name provided");
    checkPluginType("host-local.v2");
  });
});

describe("CNI_ARGS", () => {
  test("R33 pairs are joined by semicolons", () => {
    const pairs: [string, string][] = [
      ["FOO", "BAR"],
      ["ABC", "123"],
    ];
    expect(printArgs(pairs)).toBe("FOO=BAR;ABC=123");
    expect(parseArgs("FOO=BAR;ABC=123")).toEqual(pairs);
    expect(parseArgs("")).toEqual([]);
  });

  test.each(["A", "A=", "=B", "A=B;", "A=B=C", ";", "A=B;;C=D"])("R33 %j is refused", (text) => {
    const { code, msg } = thrown(() => parseArgs(text));
    expect(code).toBe(4);
    expect(msg).toMatch(/^invalid CNI_ARGS pair "/);
  });

  test("R33 what no plugin could read back is not sent", () => {
    for (const pair of [
      ["A", "b;c"],
      ["A=", "b"],
      ["A", "b\0"],
      ["", "b"],
    ] as const) {
      expect(thrown(() => void printArgs([pair])).code).toBe(4);
    }
  });
});

describe("operations", () => {
  test("R28 D2 there are six, and any other is an error of code 4", () => {
    expect([...OPERATIONS].sort()).toEqual(["ADD", "CHECK", "DEL", "GC", "STATUS", "VERSION"]);
    expect(OPERATIONS.map(parseOperation)).toEqual([...OPERATIONS]);
    expect([isOperation("add"), isOperation("")]).toEqual([false, false]);
    expect(thrown(() => void parseOperation("NOPE"))).toMatchObject({
      code: 4,
      msg: "unknown CNI_COMMAND: NOPE",
    });
  });

  const variables = {
    CNI_COMMAND: "c",
    CNI_CONTAINERID: "i",
    CNI_NETNS: "n",
    CNI_IFNAME: "f",
    CNI_PATH: "p",
  };

  test.each([
    ["R43", "ADD", "c i n f p"],
    ["R58", "CHECK", "c i n f p"],
    ["R49 R30", "DEL", "c i f p"],
    ["R70", "GC", "c p"],
    ["R62", "STATUS", "c p"],
    ["R64", "VERSION", "c"],
  ] as const)("%s %s needs %s", (_rule, operation, needed) => {
    const names = requiredVariables(operation);
    expect(names.map((name) => variables[name as keyof typeof variables]).join(" ")).toBe(needed);
    const full = { ...variables, CNI_COMMAND: operation };
    checkRequired(full);
    for (const name of names.slice(1)) {
      const msg = `required env variables [${name}] missing`;
      expect(thrown(() => checkRequired({ ...full, [name]: "" }))).toMatchObject({ code: 4, msg });
    }
  });

  test("R43 all missing variables are named, in order", () => {
    const env = { CNI_COMMAND: "ADD", CNI_CONTAINERID: "a" };
    const msg = "required env variables [CNI_NETNS,CNI_IFNAME,CNI_PATH] missing";
    expect(thrown(() => checkRequired(env))).toMatchObject({ code: 4, msg });
    expect(thrown(() => checkRequired({})).msg).toBe(
      "required env variables [CNI_COMMAND] missing",
    );
    checkRequired({ CNI_COMMAND: "NOPE" });
  });

  test("D6 the path may be left out where the specification says so", () => {
    checkRequired({ CNI_COMMAND: "STATUS" }, { pathOptional: true });
    expect(requiredVariables("GC", { pathOptional: true })).toContain("CNI_PATH");
  });
});
