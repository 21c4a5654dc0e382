import { afterEach, beforeEach, expect, jest, spyOn, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { patient } from "../../../tests/support/patience.ts";
import { Epoll } from "../../kernel/sys/index.ts";
import { NamespaceEnds } from "./namespace-ends.ts";

failOnLeakedDescriptors();

const full = (): never => {
  throw new Error("no descriptor is left");
};

let sleeper: Bun.Subprocess;
let path = "";
let heard: string[] = [];
beforeEach(() => {
  sleeper = Bun.spawn(["sleep", "1000"], { stdio: ["ignore", "ignore", "ignore"] });
  path = `/proc/${sleeper.pid}/ns/net`;
  heard = [];
});
afterEach(() => {
  jest.restoreAllMocks();
  sleeper.kill("SIGKILL");
});

const listen = (): NamespaceEnds =>
  new NamespaceEnds({
    ended: () => heard.push("ended"),
    mounted: () => heard.push("mounted"),
    deafened: () => heard.push("deafened"),
  });

async function next(): Promise<string[]> {
  for (let waits = 0; heard.length === 0 && waits < patient(300); waits++) await Bun.sleep(10);
  return heard.splice(0);
}

test("what could not be waited for is, when it is followed again", async () => {
  using ends = listen();
  const add = spyOn(Epoll.prototype, "add").mockImplementationOnce(full);
  ends.follow([path]);
  expect([add.mock.calls.length, ends.hearsAll]).toEqual([1, false]);
  ends.follow([path]);
  expect(ends.hearsAll).toBe(true);
  sleeper.kill("SIGKILL");
  expect(await next()).toEqual(["ended"]);
});

test("a hearing that cannot begin is reported, and begun when the paths are followed again", async () => {
  using ends = listen();
  spyOn(Bun, "connect").mockImplementationOnce(full);
  ends.follow([path]);
  expect([await next(), ends.hearsAll]).toEqual([["deafened"], false]);
  ends.follow([path]);
  expect(ends.hearsAll).toBe(true);
  sleeper.kill("SIGKILL");
  expect(await next()).toEqual(["ended"]);
});
