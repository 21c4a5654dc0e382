import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { conf, network, printsIp, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError } from "../spec/index.ts";
import { CheckNotSupportedError } from "./error.ts";

let recorder: RecordedNetwork;
beforeEach(() => {
  recorder = new RecordedNetwork();
});
afterEach(() => recorder[Symbol.dispose]());

describe("CHECK", () => {
  test("R83 R52 R53 in order, all with the result and the parameters of the ADD", async () => {
    recorder.behave("three", "ADD", printsIp("10.0.0.3/24"));
    const args: [string, string][] = [["K", "V"]];
    await recorder.open().add(network(), { ...conf, args });
    recorder.forget();
    recorder.behave("one", "CHECK", "echo garbage");
    await recorder.open().check(network(), { ...conf, netns: "" });
    expect(recorder.sequence()).toEqual(["one CHECK", "two CHECK", "three CHECK"]);
    for (const { request, env } of recorder.calls()) {
      expect(request["prevResult"]).toEqual({
        cniVersion: "1.1.0",
        ips: [{ address: "10.0.0.3/24" }],
      });
      expect(env).toMatchObject({ CNI_ARGS: "K=V", CNI_NETNS: "/run/netns/blue" });
    }
  });

  test("R54 the first error stops it and is the plugin's own", async () => {
    await recorder.open().add(network(), conf);
    recorder.forget();
    recorder.fail("two", "CHECK", "lost", 123);
    const error = await rejection(recorder.open().check(network(), conf), CniError);
    expect(error).toMatchObject({ code: 123, message: "lost", type: "two" });
    expect(recorder.sequence()).toEqual(["one CHECK", "two CHECK"]);
    expect(recorder.cached()).toEqual(["net-c1-eth0"]);
  });

  test("R51 it is only for what an ADD has attached", async () => {
    const error = await rejection(recorder.open().check(network(), conf), CniError);
    expect(error.message).toContain('failed to get network "net" cached result');
    expect(recorder.sequence()).toEqual([]);
  });

  test("R51 a version before 0.4.0 has no CHECK", async () => {
    const error = await rejection(
      recorder.open().check(network("0.3.1"), conf),
      CheckNotSupportedError,
    );
    expect(error.message).toBe('configuration version "0.3.1" does not support the CHECK command');
    expect(error.code).toBe(1);
  });

  test("R8 D24 where it is disabled it succeeds and runs nothing, in every version", async () => {
    await recorder.open().check(network("1.1.0", { disableCheck: true }), conf);
    await recorder.open().check(network("0.3.1", { disableCheck: true }), conf);
    expect(recorder.sequence()).toEqual([]);
  });
});
