import { describe, expect, test } from "bun:test";
import { rejection } from "../../tests/support/rejection.ts";
import { runForResult, runPlugin } from "./answer.ts";
import type { Executor, PluginAnswer, PluginCall } from "./executor.ts";
import { PluginFailure } from "./failure.ts";

const call: PluginCall = {
  operation: "ADD",
  type: "probe",
  path: "/bin/probe",
  stdin: "{}",
  env: {},
};

function answering(answer: Partial<PluginAnswer>): Executor {
  const whole = { stdout: "", stderr: "", exitCode: 0, signal: null, ms: 7, ...answer };
  return { find: () => "/bin/probe", run: () => Promise.resolve(whole) };
}

function failureOf(answer: Partial<PluginAnswer>): Promise<PluginFailure> {
  return rejection(runForResult(answering(answer), call, "1.1.0"), PluginFailure);
}

describe("what a plugin's end means (section 7.3)", () => {
  test("R125 the error object on stdout is the error", async () => {
    const stdout = '{"cniVersion":"1.1.0","code":11,"msg":"again","details":"dd"}';
    const failure = await failureOf({ stdout, stderr: "log\n", exitCode: 1 });
    expect(failure.code).toBe(11);
    expect(failure.message).toBe("again; dd");
    expect(failure).toMatchObject({
      operation: "ADD",
      type: "probe",
      path: "/bin/probe",
      exitCode: 1,
      signal: null,
      stderrTail: "log",
      stdoutHead: stdout,
      ms: 7,
      timedOut: false,
      aborted: false,
    });
  });

  test("R36 D4 an error object without cniVersion, or with keys in another case, is taken", async () => {
    expect(await failureOf({ stdout: '{"code":7,"msg":"m"}', exitCode: 1 })).toMatchObject({
      code: 7,
      msg: "m",
    });
    expect(await failureOf({ stdout: '{"Code":7,"Msg":"m"}', exitCode: 1 })).toMatchObject({
      code: 7,
      msg: "m",
    });
  });

  test("D1 an error object on stderr is taken when stdout has none", async () => {
    const failure = await failureOf({ stderr: '{"code":50,"msg":"not ready"}\n', exitCode: 1 });
    expect(failure.code).toBe(50);
    expect(failure.msg).toBe("not ready");
  });

  test("an empty error object still gives a message", async () => {
    const failure = await failureOf({ stdout: "{}", exitCode: 1 });
    expect(failure.code).toBe(0);
    expect(failure.message).toContain("exit status 1");
    expect(failure.message).toContain('"probe"');
  });

  test("garbage is shown, and stderr is not lost", async () => {
    const failure = await failureOf({ stdout: "oops not json\n", stderr: "x\n", exitCode: 3 });
    expect(failure.code).toBe(0);
    expect(failure.message).toContain("oops not json");
    expect(failure.message).toContain("exit status 3");
    expect(failure.message).toContain("stderr: x");
  });

  test("a code that is no number makes no error object", async () => {
    const failure = await failureOf({ stdout: '{"code":"x","msg":"m"}', exitCode: 1 });
    expect(failure.code).toBe(0);
    expect(failure.message).toContain("no error object");
  });

  test("stderr alone is the message", async () => {
    const failure = await failureOf({ stderr: "only stderr\n", exitCode: 3 });
    expect(failure.message).toContain("only stderr");
    expect(failure.message).toContain("exit status 3");
  });

  test("nothing at all is told with the exit code, or the signal", async () => {
    expect((await failureOf({ exitCode: 7 })).message).toContain(
      "failed with no error message: exit status 7",
    );
    const killed = await failureOf({ exitCode: null, signal: "SIGKILL" });
    expect(killed.message).toContain("ended by SIGKILL");
    expect(killed.signal).toBe("SIGKILL");
  });

  test("D18 of a result and an error, the error counts", async () => {
    const stdout = '{"cniVersion":"1.0.0","x":"}{"}{\n    "code": 8,\n    "msg": "same netns"\n}';
    expect(await failureOf({ stdout, exitCode: 1 })).toMatchObject({ code: 8, msg: "same netns" });
  });
});

describe("what a plugin's result means (section 7.3)", () => {
  test("R39 an empty answer to ADD is an error", async () => {
    const failure = await failureOf({ stdout: " \n" });
    expect(failure.code).toBe(6);
    expect(failure.message).toContain("unexpected end of JSON input");
  });

  test.each([["{}{}"], ["oops"], ['{"ips":'], ["[]"], ['{"ips":[{"address":"10.0.0.1"}]}']])(
    "R39 the answer %j is an error that shows it",
    async (stdout) => {
      const failure = await failureOf({ stdout });
      expect(failure.code).toBe(6);
      expect(failure.message).toContain(JSON.stringify(stdout));
      expect(failure.exitCode).toBe(0);
    },
  );

  test("R103 null and a result without version have the version of the configuration", async () => {
    for (const stdout of ["null", "{}", '{"cniVersion":""}', '{"cniVersion":5}']) {
      const result = await runForResult(answering({ stdout }), call, "1.1.0");
      expect(result).toMatchObject({ cniVersion: "1.1.0", ips: [], interfaces: [] });
    }
  });

  test("R104 another version is kept at this place", async () => {
    const stdout = '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.1/24"}]}';
    const result = await runForResult(answering({ stdout }), call, "1.1.0");
    expect(result.cniVersion).toBe("0.4.0");
    expect(result.ips[0]?.address).toBe("10.0.0.1/24");
  });

  test("R57 where no result is due anything printed is ignored", async () => {
    expect(await runPlugin(answering({ stdout: "garbage" }), { ...call, operation: "CHECK" })).toBe(
      "garbage",
    );
  });
});
