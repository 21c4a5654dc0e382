import { describe, expect, test } from "bun:test";
import { rejection } from "../../tests/support/rejection.ts";
import { Delegation } from "./delegate.ts";
import type { Executor, PluginCall } from "./executor.ts";

const stdin =
  '{ "cniVersion":"0.4.0" , "name":"n","ipam":{"type":"ipam","big":12345678901234567890} }';
const env = { CNI_COMMAND: "ADD", CNI_PATH: "/one:/two", CNI_ARGS: "A=b", HOME: "/h" };

interface Script {
  readonly stdout?: string;
  readonly exitCode?: number;
}

function delegation(script: Partial<Record<string, Script>> = {}, signal?: AbortSignal) {
  const calls: PluginCall[] = [];
  const searched: (readonly string[])[] = [];
  const logged: string[] = [];
  const executor: Executor = {
    find: (type, paths) => {
      searched.push(paths);
      return `/found/${type}`;
    },
    run: (call) => {
      calls.push(call);
      call.onStderr?.(`${call.operation} log\n`);
      const { stdout = "{}", exitCode = 0 } = script[call.operation] ?? {};
      return Promise.resolve({ stdout, stderr: "", exitCode, signal: null, ms: 1 });
    },
  };
  const onStderr = (text: string): void => void logged.push(text);
  const made = new Delegation({ executor, env, stdin, onStderr, ...(signal && { signal }) });
  return { made, calls, searched, logged };
}

describe("Delegation", () => {
  test("R95 the delegate is searched in CNI_PATH", async () => {
    const { made, searched } = delegation();
    await made.check("ipam");
    expect(searched).toEqual([["/one", "/two"]]);
  });

  test("R96 R97 R99 it gets the same bytes and environment, but for the command", async () => {
    const { made, calls } = delegation();
    await made.add("ipam");
    await made.del("ipam");
    await made.check("ipam");
    await made.gc("ipam");
    await made.status("ipam");
    expect(calls.map(({ operation }) => operation)).toEqual([
      "ADD",
      "DEL",
      "CHECK",
      "GC",
      "STATUS",
    ]);
    for (const call of calls) {
      expect(String(call.stdin)).toBe(stdin);
      expect(call.env).toEqual({ ...env, CNI_COMMAND: call.operation });
    }
    expect(env.CNI_COMMAND).toBe("ADD");
  });

  test("R98 its stderr goes to the caller's as it comes", async () => {
    const { made, logged } = delegation();
    await made.del("ipam");
    expect(logged).toEqual(["DEL log\n"]);
  });

  test("R101 its result is read in the version of the request", async () => {
    const { made } = delegation({
      ADD: { stdout: '{"ips":[{"version":"4","address":"10.0.0.2/24"}]}' },
    });
    const result = await made.add("ipam");
    expect(result.cniVersion).toBe("0.4.0");
    expect(result.ips[0]?.address).toBe("10.0.0.2/24");
  });

  test("R99 its error is the caller's", async () => {
    const { made } = delegation({ CHECK: { stdout: '{"code":123,"msg":"lost"}', exitCode: 1 } });
    expect(await rejection(made.check("ipam"))).toMatchObject({ code: 123, msg: "lost" });
  });

  test("R100 a failed ADD is followed by DEL, and its own error is thrown", async () => {
    const failing = { stdout: '{"code":123,"msg":"full"}', exitCode: 1 };
    const { made, calls, logged } = delegation({ ADD: failing, DEL: { exitCode: 1, stdout: "" } });
    expect(await rejection(made.add("ipam"))).toMatchObject({ code: 123, msg: "full" });
    expect(calls.map(({ operation }) => operation)).toEqual(["ADD", "DEL"]);
    expect(logged.join("")).toContain("DEL of ipam after its failed ADD failed too");
  });

  test("case R2, kind: what a delegate refuses to make twice is another ADD's, and stays", async () => {
    const failing = { stdout: '{"code":4,"msg":"has been allocated already"}', exitCode: 1 };
    const { made, calls } = delegation({ ADD: failing });
    expect(await rejection(made.add("ipam"))).toMatchObject({ code: 4 });
    expect(calls.map(({ operation }) => operation)).toEqual(["ADD"]);
  });

  test("its executable is found as for a call, and nothing is run", async () => {
    const { made, calls } = delegation();
    expect(await made.find("ipam")).toBe("/found/ipam");
    expect(calls).toEqual([]);
  });

  test("R100 a result that cannot be read is taken back, without the caller's signal", async () => {
    const { signal } = new AbortController();
    const { made, calls } = delegation({ ADD: { stdout: "garbage" } }, signal);
    expect(await rejection(made.add("ipam"))).toMatchObject({ code: 6 });
    expect(calls.map((call) => [call.operation, call.signal !== undefined])).toEqual([
      ["ADD", true],
      ["DEL", false],
    ]);
    expect(calls[1]?.timeoutMs).toBe(30_000);
  });
});
