import { describe, expect, test } from "bun:test";
import { MASKED, Mask } from "./mask.ts";

function masked(value: unknown): unknown {
  const text = new Mask().json(JSON.stringify(value), "stdin");
  return JSON.parse(text ?? "null");
}

describe("a value is masked by its key", () => {
  const keys = [
    ...["password", "Passwd", "db_password", "secret", "clientSecret", "token", "K8S_TOKEN"],
    ...["auth", "authorization", "api-key", "apiKey", "APIKEY", "privateKey", "private_key", "key"],
    ...[
      "kubeconfig",
      "kube_config",
      "credentials",
      "bearer",
      "cookie",
      "psk",
      "tlsKey",
      "client-key",
    ],
  ];
  test.each(keys)("%s", (key) => {
    expect(masked({ type: "x", [key]: "hidden-value" })).toEqual({ type: "x", [key]: MASKED });
  });
});

test("what is no secret stays, to the byte", () => {
  const text =
    '{ "name":"dbnet","mtu":1.0e3,"big":12345678901234567890,"keyA":["a"],"monkey":"m","auth":true,' +
    '"tokens":null,"ipam":{"type":"host-local","key":""},"__proto__":{"x":1} }';
  const mask = new Mask();
  expect(mask.json(text, "stdin")).toBe(text);
  expect(mask.places).toEqual([]);
});

test("a masked document keeps its numbers to the digit", () => {
  const text = new Mask().json('{"n":12345678901234567890,"m":1.50,"token":"t"}', "stdin");
  expect(text).toBe(`{"n":12345678901234567890,"m":1.50,"token":"${MASKED}"}`);
});

test("all below such a key is masked, and its place is named", () => {
  const mask = new Mask();
  const config = { plugins: [{ auth: { user: "u", list: ["aaaaaaaa", 12345678] } }] };
  expect(mask.json(JSON.stringify(config), "stdin")).toBe(`{"plugins":[{"auth":"${MASKED}"}]}`);
  expect(mask.places).toEqual(["stdin: plugins[0].auth"]);
  expect(mask.found("it said aaaaaaaa")).toBe(`it said ${MASKED}`);
});

describe("a secret is known by its form", () => {
  const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----";
  test.each([
    [`x ${pem} y`, `x ${MASKED} y`],
    ["-----BEGIN PRIVATE KEY-----\nMIIE cut off", MASKED],
    ["a eyJhbGciOi.eyJzdWIiOiIx.SflKxw b", `a ${MASKED} b`],
    ["Authorization: Bearer abcdefgh.1234", `Authorization: ${MASKED} ${MASKED}`],
    ["https://admin:hunter2@example.org/x", `https://admin:${MASKED}@example.org/x`],
    ["password=hunter2 next", `password=${MASKED} next`],
    ['{"token": "abc", "a": 1}', `{"token": "${MASKED}", "a": 1}`],
    [String.raw`{\"token\":\"abc\",\"a\":1}`, String.raw`{\"token\":\"${MASKED}\",\"a\":1}`],
    ["AKIAIOSFODNN7EXAMPLE", MASKED],
  ])("%j", (text, expected) => {
    expect(new Mask().text(text)).toBe(expected);
    expect(masked({ note: text })).toEqual({ note: expected });
  });
});

test("CNI_ARGS are masked pair by pair", () => {
  const mask = new Mask();
  const text = "IgnoreUnknown=1;K8S_POD_NAME=web;TOKEN=a=b;odd;K8S_POD_UID=";
  expect(mask.pairs(text, "env: CNI_ARGS")).toBe(
    `IgnoreUnknown=1;K8S_POD_NAME=web;TOKEN=${MASKED};odd;K8S_POD_UID=`,
  );
  expect(mask.places).toEqual(["env: CNI_ARGS: TOKEN"]);
});

test("a short secret is not searched for in other texts, one with quotes is found in JSON as well", () => {
  const mask = new Mask();
  mask.json(JSON.stringify({ password: "on", secret: 'with"quote' }), "stdin");
  expect(mask.found('on and on: with"quote, with\\"quote')).toBe(`on and on: ${MASKED}, ${MASKED}`);
});

test("what is no JSON is not kept at all", () => {
  expect(new Mask().json('{"token": "abc"', "stdin")).toBeUndefined();
});

test("nesting beyond the depth that is read is not kept", () => {
  const depth = 100_000;
  expect(new Mask().json("[".repeat(depth) + "]".repeat(depth), "stdin")).toBeUndefined();
});

test("texts of a megabyte are masked in time", () => {
  const started = performance.now();
  for (const text of ["a".repeat(1_000_000), "token ".repeat(200_000), "://".repeat(300_000)]) {
    new Mask().text(text);
  }
  expect(performance.now() - started).toBeLessThan(5000);
});
