import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BROKEN } from "../../tests/fixtures/configurations/broken/index.ts";
import { judge, mend, writeMended } from "./index.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hawser-mend-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(text: string | Uint8Array, name = "10.conflist"): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

const WRONG = `\ufeff{
\t// our network
\t"cniVersion": "1.0",
\t"name": "dbnet"
\t"plugins": [
\t\t{
\t\t\t"type": "bridge",
\t\t\t"isGatway": "true",   /* the way out */
\t\t\t"MTU": "1500",
\t\t\t"ipam": { "type": "host-local", "subnet": "10.1.0.1/24" },
\t\t},
\t\t{
\t\t\t"type": "portmap",
\t\t\t"snat": true
\t\t}
\t]
}
`;

const RIGHT = `{
\t// our network
\t"cniVersion": "1.0.0",
\t"name": "dbnet",
\t"plugins": [
\t\t{
\t\t\t"type": "bridge",
\t\t\t"isGateway": true,   /* the way out */
\t\t\t"mtu": 1500,
\t\t\t"ipam": { "type": "host-local", "subnet": "10.1.0.0/24" }
\t\t},
\t\t{
\t\t\t"type": "portmap",
\t\t\t"snat": true,
\t\t\t"capabilities": { "portMappings": true }
\t\t}
\t]
}
`;

test("what has one answer is mended, and comments and layout stay to the byte", async () => {
  const mended = await mend(put(WRONG));
  expect(mended?.after).toBe(RIGHT);
  expect(mended?.before).toBe(WRONG);
  expect([...new Set<string>(mended?.rules)].sort()).toEqual([
    ...["byte-order-mark", "key-letter-case", "missing-capability", "missing-comma"],
    ...["subnet-host-bits", "trailing-comma", "unknown-key", "unknown-version", "wrong-type"],
  ]);
});

test("what is mended needs no mending once more", async () => {
  expect(await mend(put(RIGHT))).toBeUndefined();
});

test("nothing is mended where there is more than one answer", async () => {
  expect(
    await mend(put('{ "name": "a b", "cniVersion": "9.9.9", "plugins": [] }')),
  ).toBeUndefined();
  expect(await mend(put(Buffer.from([0x7b, 0xff, 0x7d])))).toBeUndefined();
});

test("the file keeps its permissions, and a link its target", async () => {
  const file = put(WRONG);
  chmodSync(file, 0o640);
  const alias = join(dir, "alias.conflist");
  symlinkSync(file, alias);
  const mended = await mend(alias);
  if (mended === undefined) throw new Error("nothing was mended");
  writeMended(mended, file);
  expect(readFileSync(alias, "utf8")).toBe(RIGHT);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(dir).sort()).toEqual(["10.conflist", "alias.conflist"]);
});

test("a file that changed since it was read is left alone", async () => {
  const file = put(WRONG);
  const mended = await mend(file);
  if (mended === undefined) throw new Error("nothing was mended");
  writeFileSync(file, "{}");
  expect(() => writeMended(mended, file)).toThrow("has changed");
  expect(readFileSync(file, "utf8")).toBe("{}");
});

test("where the directory cannot be written, the file stays what it was", async () => {
  const file = put(WRONG);
  const mended = await mend(file);
  if (mended === undefined) throw new Error("nothing was mended");
  expect(() => writeMended(mended, join(dir, "gone", "10.conflist"))).toThrow();
  expect(readFileSync(file, "utf8")).toBe(WRONG);
});

test("no mending of a broken file makes it worse, and it ends", async () => {
  for (const { files } of BROKEN) {
    for (const [name, content] of Object.entries(files)) {
      if (name.includes("/")) continue;
      const file = put(content, name);
      const before = errorsOf(await judge([file]));
      const mended = await mend(file);
      if (mended === undefined) continue;
      writeMended(mended, file);
      expect(errorsOf(await judge([file]))).toBeLessThanOrEqual(before);
      expect(await mend(file)).toBeUndefined();
    }
  }
});

function errorsOf({ diagnostics }: Awaited<ReturnType<typeof judge>>): number {
  return diagnostics.filter(({ level }) => level === "error").length;
}
