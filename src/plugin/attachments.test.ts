import { expect, test } from "bun:test";
import { deepEqual } from "node:assert/strict";
import { readAttachments } from "./attachments.ts";

test("case L6, kind: a valid attachment is a plain object of two keys, and fails under those of the request", () => {
  const [one] = readAttachments({
    "cni.dev/valid-attachments": [{ containerID: "web", ifname: "eth0" }],
  });
  const plain = { containerId: "web", ifName: "eth0" };
  deepEqual(one, plain);
  deepEqual({ ...one }, plain);
  const keys: string[] = [];
  for (const key in one) keys.push(key);
  expect(keys).toEqual(["containerId", "ifName"]);
  expect(JSON.stringify(one)).toBe(JSON.stringify(plain));
  const wire = one as unknown as Record<string, unknown>;
  expect(() => wire["containerID"]).toThrow(TypeError);
  expect(() => wire["ifname"]).toThrow('as "ifName"');
});
