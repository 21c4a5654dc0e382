import { expect, test } from "bun:test";
import { match } from "./match.ts";

const PATHS = ["node", "attachments", "attachments/{network}/{container}/{ifname}"].map((path) => {
  return { path };
});

test("a path leads to one resource, and names are what its parts say", () => {
  expect(match(PATHS, "node")).toEqual({ resource: { path: "node" }, names: [] });
  expect(match(PATHS, "attachments/a%2Fb/%2e%2e/e%20th")?.names).toEqual(["a/b", "..", "e th"]);
  // Old files name no interface.
  expect(match(PATHS, "attachments/one/c1/")?.names).toEqual(["one", "c1", ""]);
});

test.each([
  "",
  "nodes",
  "node/",
  "/node",
  "attachments/one/c1",
  "attachments/a/b/c/d",
  "%6eode%",
  "attachments/%ff/a/b",
])("%p leads nowhere", (path) => {
  expect(match(PATHS, path)).toBeUndefined();
});
