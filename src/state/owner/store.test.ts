import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OwnerStore, readBootId, stateDirectory } from "./store.ts";

const attachment = { network: "net1", containerId: "cid1", ifName: "eth0" };

let stateDir = "";
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "owner-"));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const store = (bootId = "boot-1"): OwnerStore =>
  new OwnerStore({ stateDir, kind: "ports", bootId });
const onlyFile = (): string =>
  join(stateDir, "ports", readdirSync(join(stateDir, "ports"))[0] ?? "");

test("a record comes back as it was written, and is for root only", () => {
  store().write(attachment, { ports: [8080, 8443] });
  expect(store().read(attachment)).toEqual({
    ...attachment,
    bootId: "boot-1",
    data: { ports: [8080, 8443] },
  });
  expect(statSync(join(stateDir, "ports")).mode & 0o777).toBe(0o700);
  expect(statSync(onlyFile()).mode & 0o777).toBe(0o600);
});

test("writing again replaces, removing twice is fine, and nothing stays", () => {
  store().write(attachment, 1);
  store().write(attachment, 2);
  expect(store().read(attachment)?.data).toBe(2);
  store().remove(attachment);
  store().remove(attachment);
  expect(store().read(attachment)).toBeUndefined();
  expect(readdirSync(join(stateDir, "ports"))).toEqual([]);
});

test("a boot that could not be told, then or now, counts as this one", () => {
  store("").write(attachment, 1);
  expect(store("boot-1").read(attachment)).toMatchObject({ data: 1 });
  store("boot-1").write(attachment, 2);
  expect(store("").read(attachment)).toMatchObject({ data: 2 });
  expect(store("").all()).toMatchObject([{ network: "net1", isStale: false }]);
});

test("a record of another boot is not read, but listed as stale", () => {
  store("boot-1").write(attachment, 1);
  expect(store("boot-2").read(attachment)).toBeUndefined();
  expect(store("boot-2").list("net1")).toMatchObject([{ containerId: "cid1", isStale: true }]);
});

test("listing gives the records of one network", () => {
  store().write(attachment, 1);
  store().write({ ...attachment, ifName: "eth1" }, 2);
  store().write({ ...attachment, network: "net2" }, 3);
  const found = store()
    .list("net1")
    .map(({ ifName }) => ifName);
  expect(found.toSorted()).toEqual(["eth0", "eth1"]);
});

test("a torn record blocks nothing: it is set aside, and removed with the attachment", () => {
  store().write(attachment, { ports: [8080] });
  truncateSync(onlyFile(), 20);
  expect(store().read(attachment)).toBeUndefined();
  expect(onlyFile()).toEndWith(".torn");
  store().write(attachment, 2);
  expect(store().read(attachment)?.data).toBe(2);
  store().remove(attachment);
  expect(readdirSync(join(stateDir, "ports"))).toEqual([]);
});

test("an empty record, as a power loss leaves it, is set aside by listing", () => {
  store().write(attachment, 1);
  truncateSync(onlyFile(), 0);
  expect(store().list("net1")).toEqual([]);
  expect(onlyFile()).toEndWith(".torn");
});

test("what a crash left while writing is removed by a later listing", () => {
  store().write(attachment, 1);
  const left = `${onlyFile()}.1234.aside`;
  writeFileSync(left, "{");
  expect(store().list("net1")).toHaveLength(1);
  expect(readdirSync(join(stateDir, "ports"))).toHaveLength(2);
  utimesSync(left, 1, 1);
  expect(store().list("net1")).toHaveLength(1);
  expect(readdirSync(join(stateDir, "ports"))).toHaveLength(1);
});

test("what a crash left while writing keeps nobody from writing, and goes with the attachment", () => {
  store().write(attachment, 1);
  const left = `${onlyFile()}.aside`;
  writeFileSync(left, "{");
  store().write(attachment, 2);
  expect(store().read(attachment)?.data).toBe(2);
  writeFileSync(left, "{");
  store().remove(attachment);
  expect(readdirSync(join(stateDir, "ports"))).toEqual([]);
});

test("a record found under another attachment's name is not taken for its own", () => {
  store().write(attachment, 1);
  const other = { ...attachment, containerId: "cid2" };
  store().write(other, 2);
  store().remove(attachment);
  const names = readdirSync(join(stateDir, "ports"));
  store().write(attachment, 1);
  const mine = readdirSync(join(stateDir, "ports")).find((each) => !names.includes(each)) ?? "";
  writeFileSync(
    join(stateDir, "ports", mine),
    `{"network":"net1","containerId":"cid2","ifName":"eth0","bootId":"boot-1","data":2}`,
  );
  expect(store().read(attachment)).toBeUndefined();
});

test("an unwritable directory is an I/O error that says how to choose another", () => {
  writeFileSync(join(stateDir, "ports"), "");
  expect(() => store().write(attachment, 1)).toThrow(/cannot write .*HAWSER_STATE_DIR/);
});

test("a kind that would lead out of the directory is refused", () => {
  expect(() => new OwnerStore({ stateDir, kind: "../x", bootId: "" })).toThrow(RangeError);
});

test("the environment names the state directory; the kernel names the boot", () => {
  expect(stateDirectory({})).toBe("/run/hawser");
  expect(stateDirectory({ HAWSER_STATE_DIR: "/x" })).toBe("/x");
  expect(readBootId()).toMatch(/^[0-9a-f-]{36}$/);
});

test("where the directory is no directory there is no record, and nothing to remove", () => {
  const nowhere = new OwnerStore({ stateDir: "/dev/null/x", kind: "ports", bootId: "boot-1" });
  expect(nowhere.read(attachment)).toBeUndefined();
  expect(nowhere.list("net1")).toEqual([]);
  nowhere.remove(attachment);
  expect(() => nowhere.write(attachment, 1)).toThrow("HAWSER_STATE_DIR");
});

test.each(["link", "pipe", "directory"])(
  "case S16, kind: a record in whose place is a %s",
  (kind) => {
    store().write(attachment, 1);
    const path = onlyFile();
    const other = join(stateDir, "other");
    writeFileSync(other, "precious");
    for (const at of [path, `${path}.aside`]) {
      rmSync(path);
      if (kind === "link") symlinkSync(other, at);
      else if (kind === "pipe") Bun.spawnSync(["mkfifo", at]);
      else mkdirSync(join(at, "full"), { recursive: true });
      expect(store().read(attachment)).toBeUndefined();
      expect(store().all()).toEqual([]);
      store().write(attachment, 2);
      expect(store().read(attachment)?.data).toBe(2);
    }
    store().remove(attachment);
    expect(readFileSync(other, "utf8")).toBe("precious");
  },
);
