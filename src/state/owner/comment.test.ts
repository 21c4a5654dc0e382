import { expect, test } from "bun:test";
import fc from "fast-check";
import { isCommentOfNetwork, MAX_COMMENT_BYTES, ownerComment } from "./comment.ts";

test("a comment names network, container and interface", () => {
  expect(ownerComment({ network: "dbnet", containerId: "c1", ifName: "eth0" })).toBe(
    "dbnet c1 eth0",
  );
});

test("a container ID of 64 digits still stands in full", () => {
  const containerId = "0123456789abcdef".repeat(4);
  expect(ownerComment({ network: "dbnet", containerId, ifName: "eth0" })).toContain(containerId);
});

const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,200}$/);
const ifName = fc.stringMatching(/^[a-z0-9]{1,15}$/);
const attachment = fc.record({ network: name, containerId: name, ifName });

test("comments fit, belong to their network only, and differ when attachments differ", () => {
  fc.assert(
    fc.property(attachment, attachment, (a, b) => {
      const comment = ownerComment(a);
      expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(MAX_COMMENT_BYTES);
      expect(isCommentOfNetwork(comment, a.network)).toBe(true);
      expect(isCommentOfNetwork(comment, b.network)).toBe(a.network === b.network);
      const same =
        a.network === b.network && a.containerId === b.containerId && a.ifName === b.ifName;
      expect(ownerComment(b) === comment).toBe(same);
    }),
  );
});

test("a network whose name begins like another's is not taken for it", () => {
  const comment = ownerComment({ network: "db", containerId: "c", ifName: "eth0" });
  expect(isCommentOfNetwork(comment, "d")).toBe(false);
  expect(isCommentOfNetwork(comment, "db")).toBe(true);
});
