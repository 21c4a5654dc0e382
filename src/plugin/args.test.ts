import { describe, expect, test } from "bun:test";
import { CniError } from "../spec/index.ts";
import { cniArgs, loadArgs, runtimeConfig, splitArgs } from "./args.ts";

function error(action: () => unknown): CniError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof CniError) return thrown;
    throw thrown;
  }
  throw new Error("it was accepted");
}

const KUBERNETES =
  "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;K8S_POD_UID=;" +
  "K8S_POD_INFRA_CONTAINER_ID=abc";

describe("loadArgs", () => {
  test("picks the known names; the empty text has none", () => {
    expect(loadArgs("", ["MAC"])).toEqual({});
    expect(loadArgs("MAC=00:11:22:33:44:55", ["MAC"])).toEqual({ MAC: "00:11:22:33:44:55" });
    expect(loadArgs([["IP", "10.0.0.1"]], ["IP", "GATEWAY"])).toEqual({ IP: "10.0.0.1" });
  });

  test("names match with their case, and unknown ones are named", () => {
    expect(error(() => loadArgs("mac=1;A=B", ["MAC"]))).toMatchObject({
      code: 4,
      msg: 'ARGS: unknown args ["mac=1" "A=B"]',
    });
  });

  test("IgnoreUnknown, wherever it stands, lets unknown ones pass", () => {
    expect(loadArgs(`${KUBERNETES};MAC=x`, ["MAC"])).toEqual({ MAC: "x" });
    for (const yes of ["1", "true", "TRUE"]) {
      expect(loadArgs(`A=B;IgnoreUnknown=${yes}`, [])).toEqual({});
    }
    for (const no of ["0", "False"]) {
      expect(error(() => loadArgs(`A=B;IgnoreUnknown=${no}`, [])).msg).toContain("unknown args");
    }
    const bad = error(() => loadArgs("IgnoreUnknown=yes", []));
    expect(bad.code).toBe(4);
    expect(bad.msg).toStartWith('ARGS: error parsing value of pair "IgnoreUnknown=yes": ');
  });

  test("a pair needs exactly one equals sign", () => {
    for (const pair of ["A", "A=B=C"]) {
      expect(error(() => loadArgs(`MAC=1;${pair}`, ["MAC"]))).toMatchObject({
        code: 4,
        msg: `ARGS: invalid pair "${pair}"`,
      });
    }
    expect(error(() => loadArgs("MAC=1;", ["MAC"])).msg).toBe('ARGS: invalid pair ""');
  });

  test("a lenient call, for DEL, overlooks all that it does not understand", () => {
    const text = "A;MAC=1;B=C=D;E=F;IgnoreUnknown=perhaps";
    expect(loadArgs(text, ["MAC"], { lenient: true })).toEqual({ MAC: "1" });
    expect(splitArgs("A;B=1;", true)).toEqual([["B", "1"]]);
  });
});

describe("arguments in the configuration", () => {
  test("args.cni and runtimeConfig are given as they are, or empty", () => {
    const config = { args: { cni: { ips: ["10.0.0.1"] } }, runtimeConfig: { mac: "x" } };
    expect(cniArgs({ config })).toEqual({ ips: ["10.0.0.1"] });
    expect(runtimeConfig({ config })).toEqual({ mac: "x" });
    expect(cniArgs({ config: {} })).toEqual({});
    expect(cniArgs({ config: { args: null } })).toEqual({});
    expect(runtimeConfig({ config: { runtimeConfig: null } })).toEqual({});
  });

  test("an args or runtimeConfig that is no object is code 7", () => {
    expect(error(() => cniArgs({ config: { args: [] } })).code).toBe(7);
    expect(error(() => cniArgs({ config: { args: { cni: 1 } } })).msg).toContain("args.cni");
    expect(error(() => runtimeConfig({ config: { runtimeConfig: "x" } })).code).toBe(7);
  });
});
