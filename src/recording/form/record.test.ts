import { describe, expect, test } from "bun:test";
import { CallSpan, contextOf, type EndedCall } from "../observe/index.ts";
import { decodeCall } from "./decode.ts";
import { MASKED } from "./mask.ts";
import { recordOf } from "./record.ts";

const ENV = {
  ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c1", CNI_IFNAME: "eth0", CNI_PATH: "/opt/cni/bin" },
  CNI_NETNS: "/run/netns/blue",
};

interface Given {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly fill?: (span: CallSpan) => void;
}

function endedCall(given: Given = {}): EndedCall {
  const { stdin = '{"cniVersion":"1.1.0","name":"dbnet","type":"bridge"}', stderr = "" } = given;
  const callee = { operation: "ADD", plugin: "bridge", path: "/opt/cni/bin/bridge" };
  const span = new CallSpan(callee, contextOf({}, false));
  given.fill?.(span);
  span.end({ exitCode: given.exitCode ?? 0, stdout: () => given.stdout ?? "{}", stderr });
  return {
    ...{ span, door: "daemon", caller: { pid: 7, runtime: "containerd" }, cwd: "/" },
    env: { ...ENV, ...given.env },
    stdin: () => stdin,
  };
}

const texts = (value: unknown): string => JSON.stringify(value);

test("a record says all of a call, and is read again as it was written", () => {
  const record = recordOf(
    endedCall({
      fill: (span) => {
        const child = span.begin({ operation: "ADD", plugin: "host-local" });
        child.step({
          plugin: "host-local",
          step: "address reservation",
          text: "10.1.0.2",
          ms: 0.5,
        });
        child.end({ exitCode: 0, stdout: () => '{"ips":[]}', stderr: "" });
        span.step({ plugin: "bridge", step: "veth pair", text: "eth0", ms: 1 });
      },
    }),
  );
  expect(record).toMatchObject({
    ...{ v: 1, operation: "ADD", plugin: "bridge", path: "/opt/cni/bin/bridge", door: "daemon" },
    ...{ network: "dbnet", containerId: "c1", ifName: "eth0", netns: "/run/netns/blue", pid: 7 },
    ...{ runtime: "containerd", cwd: "/", env: ENV, exitCode: 0, masked: [], cut: [] },
    steps: [{ step: "veth pair" }],
    calls: [{ plugin: "host-local", stdout: '{"ips":[]}', steps: [{ text: "10.1.0.2" }] }],
  });
  expect(decodeCall(texts(record))).toEqual(record);
});

describe("a secret stands nowhere in a record", () => {
  const secret = "s3cr3t-V4lue";
  const places: readonly (readonly [string, Given])[] = [
    ["a key of the configuration", { stdin: texts({ name: "n", ipam: { token: secret } }) }],
    ["CNI_ARGS", { env: { CNI_ARGS: `A=b;PASSWORD=${secret}` } }],
    ["a variable of the protocol that nobody knows", { env: { CNI_AUTH_TOKEN: secret } }],
    ["a variable of others", { env: { SOMETHING: secret } }],
    [
      "the plugin's error, which repeats it",
      {
        stdin: texts({ name: "n", password: secret }),
        stdout: texts({ code: 7, msg: `bad ${secret}` }),
        stderr: `with ${secret}`,
        exitCode: 1,
      },
    ],
    ["a secret variable that the plugin repeats", { env: { MY_TOKEN: secret }, stderr: secret }],
    [
      "a step, and a delegate's words",
      {
        stdin: texts({ name: "n", secret }),
        fill: (span) => {
          span.step({ plugin: "p", step: "s", text: secret, ms: 0 });
          const child = span.begin({ operation: "ADD", plugin: "q" });
          child.end({ exitCode: 1, stdout: () => "", stderr: secret, failure: secret });
        },
      },
    ],
    [
      "other texts of the configuration",
      { stdin: texts({ name: "n", run: `x ${secret}`, token: secret, auth: true }) },
    ],
    [
      "the names of the call",
      { env: { CNI_CONTAINERID: `x-${secret}`, CNI_ARGS: `TOKEN=${secret}` } },
    ],
  ];
  test.each(places)("%s", (_, given) => {
    const text = texts(recordOf(endedCall(given)));
    expect(text).not.toContain(secret);
    expect(text).toContain(MASKED);
  });
});

test("a masked configuration and a masked answer are still JSON", () => {
  const value = {
    name: "n",
    token: "abcdefgh",
    auth: true,
    n: 5,
    key: 7,
    x: '"token": 5 abcdefgh',
  };
  const record = recordOf(endedCall({ stdin: texts(value), stdout: texts(value) }));
  const expected = { name: "n", token: MASKED, auth: true, n: 5, key: MASKED };
  expect(JSON.parse(record.stdin ?? "")).toMatchObject(expected);
  expect(JSON.parse(record.stdout)).toMatchObject(expected);
});

test("the variables of others keep their names alone", () => {
  const { env } = recordOf(endedCall({ env: { LANG: "C", PATH: "/bin", HAWSER_X: "1" } }));
  expect(env).toMatchObject({ LANG: MASKED, PATH: "/bin", HAWSER_X: "1" });
});

describe("a record has a bounded length", () => {
  const huge = "x".repeat(5_000_000);
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`V${at}`, huge]));
  const floods: readonly (readonly [string, Given, RegExp])[] = [
    [
      "a huge configuration",
      { stdin: texts({ name: "n", filler: huge }) },
      /stdin: \d+ characters/u,
    ],
    ["a huge name", { stdin: texts({ name: huge.slice(0, 200_000) }) }, /^$/u],
    ["a configuration that is no JSON", { stdin: `{"token":"abc"` }, /stdin: it is no JSON/u],
    ["a huge answer", { stdout: texts({ filler: huge }) }, /bridge: stdout of \d+ characters/u],
    ["huge words", { stderr: huge }, /^$/u],
    ["a huge variable", { env: { CNI_ARGS: huge } }, /env: CNI_ARGS: \d+ characters/u],
    ["very many variables", { env: many }, /env: 500\d variables/u],
    [
      "very many steps and calls",
      {
        fill: (span) => {
          for (let at = 0; at < 10_000; at++) {
            span.step({ plugin: huge, step: huge, text: huge, ms: 0 });
            span.begin({ operation: huge, plugin: "q" });
          }
        },
      },
      /bridge: 19680 steps and calls/u,
    ],
  ];
  test.each(floods)("%s", (_, given, cut) => {
    const record = recordOf(endedCall(given));
    expect(texts(record).length).toBeLessThan(2 * 1024 * 1024);
    expect(record.cut.join()).toMatch(cut);
    expect(decodeCall(texts(record))).toBeDefined();
  });
});

test("calls that call one another without end are kept to a depth", () => {
  const record = recordOf(
    endedCall({
      fill: (span) => {
        let inner = span;
        const callee = { operation: "ADD", plugin: "p" };
        for (let depth = 0; depth < 100; depth++) inner = inner.begin(callee);
      },
    }),
  );
  let depth = 0;
  for (let part = record.calls[0]; part !== undefined; part = part.calls[0]) depth++;
  expect(depth).toBe(8);
});

test("the error of a call is the plugin's own, or in words of its caller", () => {
  const own = recordOf(endedCall({ exitCode: 1, stdout: '{"code": 11, "msg": "later"}' }));
  expect(own.error).toEqual({ code: 11, msg: "later" });
  const call = endedCall();
  call.span.end({
    exitCode: null,
    signal: "SIGKILL",
    stdout: () => "",
    stderr: "",
    failure: "too late",
  });
  expect(recordOf(call)).toMatchObject({ signal: "SIGKILL", error: { code: 0, msg: "too late" } });
});

test.each([
  [""],
  ["{"],
  ["[]"],
  ['{"v":2}'],
  ['{"v":1}'],
  ['{"v":1,"time":"x","id":"0123456789abcdef","operation":"ADD","plugin":"p"}'],
])("a line that is no call is left out: %j", (line) => {
  expect(decodeCall(line)).toBeUndefined();
});

test("a call of which only the least is right is read, and the rest is as nothing", () => {
  const line = {
    ...{
      v: 1,
      time: "2026-11-30T00:00:00Z",
      id: "0123456789abcdef",
      operation: "ADD",
      plugin: "p",
    },
    ...{
      traceId: "t",
      door: "daemon",
      env: { A: 1, B: "b" },
      steps: [1, { plugin: "p", step: "s", at: "x" }],
    },
    ...{ calls: "none", masked: [1, "m"], ms: null, exitCode: "0" },
  };
  expect(decodeCall(texts(line))).toMatchObject({
    ...{ env: { B: "b" }, calls: [], masked: ["m"], ms: 0, exitCode: null, containerId: "" },
    steps: [{ plugin: "p", step: "s", text: "", at: 0, ms: 0 }],
  });
});
