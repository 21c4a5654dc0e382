import { describe, expect, test } from "bun:test";
import { buildEnv } from "./environment.ts";

describe("buildEnv", () => {
  test("R127 the whole base is inherited and the six variables are always set", () => {
    const base = { HOME: "/h", CNI_IFNAME: "old", CNI_NETNS_OVERRIDE: "1", GONE: undefined };
    expect(buildEnv(base, { operation: "GC" })).toEqual({
      HOME: "/h",
      CNI_NETNS_OVERRIDE: "1",
      CNI_COMMAND: "GC",
      CNI_CONTAINERID: "",
      CNI_NETNS: "",
      CNI_ARGS: "",
      CNI_IFNAME: "",
      CNI_PATH: "",
    });
  });

  test("R33 R34 arguments and directories are joined", () => {
    const env = buildEnv(
      {},
      {
        operation: "ADD",
        containerId: "c",
        netns: "/n",
        ifName: "eth0",
        args: [
          ["FOO", "BAR"],
          ["ABC", "123"],
        ],
        path: ["/one", "/two"],
      },
    );
    expect(env["CNI_ARGS"]).toBe("FOO=BAR;ABC=123");
    expect(env["CNI_PATH"]).toBe("/one:/two");
    expect(env["CNI_CONTAINERID"]).toBe("c");
    expect(env["CNI_NETNS"]).toBe("/n");
    expect(env["CNI_IFNAME"]).toBe("eth0");
  });

  test("R33 an argument that could not be read back is refused", () => {
    expect(() => buildEnv({}, { operation: "ADD", args: [["A", "b;C=d"]] })).toThrow("CNI_ARGS");
  });

  test("a NUL character is refused before it cuts a parameter off", () => {
    expect(() => buildEnv({}, { operation: "ADD", netns: "/n\0/x" })).toThrow(
      "CNI_NETNS contains a NUL character",
    );
  });

  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const spanId = "00f067aa0ba902b7";

  test("R126 D16 a valid span is added to the environment, not put in its place", () => {
    const trace = { traceId, spanId, flags: 1, state: "a=b", baggage: "k=v" };
    const env = buildEnv({ HOME: "/h" }, { operation: "ADD", trace });
    expect(env["TRACEPARENT"]).toBe(`00-${traceId}-${spanId}-01`);
    expect(env["TRACESTATE"]).toBe("a=b");
    expect(env["BAGGAGE"]).toBe("k=v");
    expect(env["HOME"]).toBe("/h");
  });

  test("R126 without a valid span the inherited values pass", () => {
    const base = { TRACEPARENT: "inherited" };
    for (const trace of [
      { traceId: "0".repeat(32), spanId },
      { traceId, spanId: "0".repeat(16) },
      { traceId: "xyz", spanId },
    ]) {
      const env = buildEnv(base, { operation: "ADD", trace });
      expect(env["TRACEPARENT"]).toBe("inherited");
      expect(env["TRACESTATE"]).toBeUndefined();
    }
  });
});
