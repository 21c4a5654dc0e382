import { expect, test } from "bun:test";
import { CniError } from "../spec/index.ts";
import { definePlugin, tryPlugin } from "./index.ts";

/** Whatever a caller sends: stdout and stderr of a plugin have no character that acts on a terminal. */

const RAW = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/u;

const plugin = definePlugin({
  name: "p",
  add(ctx) {
    const { word } = ctx.config;
    const text = typeof word === "string" ? word : "nothing";
    ctx.log(`said of ${text}`);
    throw new CniError(100, `no ${text}`);
  },
  del: () => undefined,
});

test.each([
  ["a byte order mark", '\ufeff{"cniVersion":"1.1.0","name":"n","type":"p"}', 6],
  ["a NUL", '{"cniVersion":"1.1.0","name":"n\0","type":"p"}', 6],
  ["an escape character", "{\x1b[31m}", 6],
  ["a name with one", '{"cniVersion":"1.1.0","name":"n\\u001b[2J","type":"p"}', 7],
  [
    "a word with one",
    '{"cniVersion":"1.1.0","name":"n","type":"p","word":"\\u009b2J\\u202e"}',
    100,
  ],
])("case R6, kind: %s is an escape on stdout and on stderr", async (_what, config, code) => {
  const { exitCode, json, stdout, stderr } = await tryPlugin(plugin, { operation: "ADD", config });
  expect([exitCode, (json as { code?: number }).code]).toEqual([1, code]);
  expect(stdout).not.toMatch(RAW);
  expect(stderr).not.toMatch(RAW);
  // Neither when JSON's own escapes are undone, as programs do that print the message.
  expect(String((json as { msg?: string }).msg)).not.toMatch(RAW);
});
