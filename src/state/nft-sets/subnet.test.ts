import { expect, test } from "bun:test";
import { Prefix } from "../../addr/index.ts";
import { subnetSetName } from "./subnet.ts";

test("set names are readable, and hashed when they are too long", () => {
  expect(subnetSetName("from", "dbnet", Prefix.parse("10.1.2.3/16"))).toBe(
    "from-dbnet-10.1.0.0/16",
  );
  expect(subnetSetName("from", "dbnet", Prefix.parse("fd00::5/64"))).toBe("from-dbnet-fd00__/64");
  const long = subnetSetName("from", "n".repeat(100), Prefix.parse("10.1.2.3/16"));
  expect(long).toMatch(/^from-[0-9a-f]{32}$/u);
});
