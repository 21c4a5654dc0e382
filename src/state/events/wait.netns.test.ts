import { beforeEach, expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { link, RouteSocket, RTNLGRP_LINK } from "../../kernel/route/index.ts";
import { waitFor } from "./index.ts";

failOnLeakedDescriptors();

let name = "";
let count = 0;
beforeEach(() => {
  count += 1;
  name = `ev${count}`;
});

function find(): link.Link | undefined {
  using socket = RouteSocket.open();
  return link.get(socket, { name });
}

const wait = { netns: undefined, groups: [RTNLGRP_LINK], look: find, timeoutMs: 5_000 };
const add = (): Promise<string> => must(["ip", "link", "add", name, "type", "bridge"]);

test("what is there already is not waited for", async () => {
  await add();
  const begun = performance.now();
  expect((await waitFor(wait))?.name).toBe(name);
  expect(performance.now() - begun).toBeLessThan(1_000);
});

test("what comes later is told of, and looked for only when something happened", async () => {
  let looks = 0;
  const look = (): link.Link | undefined => {
    looks += 1;
    return find();
  };
  const [found] = await Promise.all([waitFor({ ...wait, look }), Bun.sleep(200).then(add)]);
  expect(found?.name).toBe(name);
  expect(looks).toBeLessThan(10);
});

test("what never comes is undefined when the time is over", async () => {
  expect(await waitFor({ ...wait, timeoutMs: 50 })).toBeUndefined();
});

test("an abort ends the wait", async () => {
  const signal = AbortSignal.timeout(30);
  expect(String(await rejection(waitFor({ ...wait, signal })))).toContain("Timeout");
});
