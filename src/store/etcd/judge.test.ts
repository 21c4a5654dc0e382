import { describe, expect, test } from "bun:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { isProgressExact } from "./follow.ts";
import { judge } from "./judge.ts";

describe("what etcd says, and what comes of it", () => {
  test.each<readonly [string, Code, string, string, boolean]>([
    ["etcdserver: mvcc: database space exceeded", Code.ResourceExhausted, "full", "give up", false],
    ["etcdserver: too many requests", Code.ResourceExhausted, "unreachable", "another", true],
    ["etcdserver: no leader", Code.Unavailable, "unreachable", "another", true],
    ["etcdserver: request timed out", Code.Unavailable, "unreachable", "another", false],
    ["etcdserver: leader changed", Code.Unavailable, "unreachable", "another", false],
    ["etcdserver: permission denied", Code.PermissionDenied, "denied", "give up", true],
    ["etcdserver: invalid auth token", Code.Unauthenticated, "denied", "authenticate", true],
    [
      "etcdserver: revision of auth store is old",
      Code.InvalidArgument,
      "denied",
      "authenticate",
      true,
    ],
    ["etcdserver: requested lease not found", Code.NotFound, "refused", "give up", true],
    [
      "etcdserver: duplicate key given in txn request",
      Code.InvalidArgument,
      "refused",
      "give up",
      true,
    ],
    ["etcdserver: corrupt cluster", Code.DataLoss, "wrong answer", "give up", true],
    ["HTTP 404", Code.Unimplemented, "wrong answer", "another", true],
    ["the operation timed out", Code.DeadlineExceeded, "unreachable", "another", false],
    ["socket hang up", Code.Unavailable, "unreachable", "another", false],
    [
      "message size 9 is larger than configured readMaxBytes 8",
      Code.ResourceExhausted,
      "refused",
      "give up",
      false,
    ],
  ])("%s", (text, code, fault, next, isCertain) => {
    expect(judge(new ConnectError(text, code))).toMatchObject({ fault, next, isCertain });
  });

  test("what is no error of gRPC may have been carried out", () => {
    expect(judge(new Error("read ECONNRESET"))).toMatchObject({
      fault: "unreachable",
      isCertain: false,
      next: "another",
    });
  });
});

test.each([
  ["3.4.23", false],
  ["3.4.25", true],
  ["3.5.7", false],
  ["3.5.8", true],
  ["3.5.21-rc.1", true],
  ["3.6.0", true],
  ["3.7.3", true],
  ["4.0.0", true],
  ["3.3.27", false],
  ["", false],
  ["unknown", false],
])("progress of etcd %s that was asked for is exact: %p", (version, isExact) => {
  expect(isProgressExact(version)).toBe(isExact);
});
