import { expect, test } from "bun:test";
import { masqueradeChain, masqueradeInstance, ownerComment, portChain } from "./names.ts";

test("the chain of network net1 and container cid1 is the one the reference plugins compute", () => {
  expect(masqueradeChain("net1", "cid1")).toBe("CNI-e8f6f419596f7f47b3468487");
  expect(portChain("net1", "cid1")).toBe("CNI-DN-e8f6f419596f7f47b3468");
});

test("the nftables instance of net1, eth0, cid1 is the one the reference plugins compute", () => {
  expect(masqueradeInstance("net1", "cid1", "eth0")).toBe("8e48f37d5de60467-0b65a318f52e521b");
});

test("comments name the owner and fit into xt_comment", () => {
  expect(ownerComment("net1", "cid1")).toBe('name: "net1" id: "cid1"');
  expect(ownerComment("net1", "c".repeat(300)).length).toBe(255);
});
