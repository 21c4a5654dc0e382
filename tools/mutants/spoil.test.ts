import { expect, test } from "bun:test";
import type { Answer, Call, Given } from "./call.ts";
import { answers, failing, failure, on, reads, refuses, result, sees } from "./spoil.ts";

/** A call of a plugin that answers as is said, and keeps what it was given. */
function callOf(
  operation: string,
  answer: Partial<Answer>,
  config: object = {},
): Call & { given: Given[] } {
  const given: Given[] = [];
  const own: Given = {
    env: { CNI_COMMAND: operation, CNI_IFNAME: "eth0" },
    stdin: JSON.stringify(config),
  };
  return {
    ...own,
    operation,
    outer: "",
    config: { ...config },
    given,
    real: (changed = {}) => {
      given.push({ ...own, ...changed });
      return { stdout: "", stderr: "", code: 0, ...answer };
    },
  };
}

test("an operation that is not spoiled reaches the plugin as it is", () => {
  const call = callOf("CHECK", { stdout: "as it is" });
  expect(on("ADD DEL", refuses(7, "no"))(call).stdout).toBe("as it is");
  expect(call.given).toEqual([{ env: call.env, stdin: call.stdin }]);
});

test("a spoiled operation need not reach it", () => {
  const call = callOf("DEL", {});
  expect(on("ADD DEL", refuses(7, "no"))(call).code).toBe(1);
  expect(call.given).toEqual([]);
});

test("a result is changed, an error is not", () => {
  const spoil = result((value) => {
    delete value["ips"];
  });
  const made = callOf("ADD", { stdout: '{"cniVersion":"1.0.0","ips":[]}' });
  expect(spoil(made).stdout).toBe('{"cniVersion":"1.0.0"}');
  const failed = callOf("ADD", { stdout: '{"code":7,"ips":[]}', code: 1 });
  expect(spoil(failed).stdout).toBe('{"code":7,"ips":[]}');
});

test("an error is changed, a result is not", () => {
  const spoil = failure((error) => {
    error["code"] = 0;
  });
  expect(spoil(callOf("ADD", { stdout: '{"code":7}', code: 1 })).stdout).toBe('{"code":0}');
  expect(spoil(callOf("ADD", { stdout: '{"code":7}' })).stdout).toBe('{"code":7}');
});

test("a failure is answered in another way", () => {
  const spoil = failing(() => ({ code: 0 }));
  expect(spoil(callOf("ADD", { stdout: "x", code: 1 }))).toEqual({
    stdout: "x",
    stderr: "",
    code: 0,
  });
});

test("the plugin reads another configuration, and the call keeps its own", () => {
  const call = callOf("DEL", {}, { ipam: { type: "x" }, name: "n" });
  reads((config) => {
    delete config["ipam"];
  })(call);
  expect(call.given[0]?.stdin).toBe('{"name":"n"}');
  expect(call.config).toEqual({ ipam: { type: "x" }, name: "n" });
});

test("the plugin sees another environment", () => {
  const call = callOf("DEL", {});
  sees((env) => {
    env["CNI_IFNAME"] = "eth1";
  })(call);
  expect(call.given[0]?.env["CNI_IFNAME"]).toBe("eth1");
  expect(call.env["CNI_IFNAME"]).toBe("eth0");
});

test("an answer keeps what is not changed", () => {
  const spoil = answers(() => ({ stdout: "" }));
  expect(spoil(callOf("ADD", { stdout: "x", stderr: "y", code: 3 }))).toEqual({
    stdout: "",
    stderr: "y",
    code: 3,
  });
});
