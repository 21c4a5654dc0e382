import { expect, test } from "bun:test";
import type { Plugin, PluginEntry, PluginIo, StepReport } from "../plugin/index.ts";
import { CniError, ErrorCode, type Operation } from "../spec/index.ts";
import type { Piece, Removable } from "./kind.ts";
import { filePlugin, type Wanted } from "./operations.ts";
import type { FileScene } from "./scene.ts";

type FileKind = Removable<FileScene>;

/** What pieces and kinds were asked for, in order; what is in `failing` throws. */
class Journal {
  readonly lines: string[] = [];
  readonly #failing: readonly string[];

  constructor(...failing: string[]) {
    this.#failing = failing;
  }

  act(line: string): void {
    this.lines.push(line);
    if (this.#failing.includes(line)) throw new CniError(ErrorCode.IO_FAILURE, `${line} failed`);
  }

  piece(name: string): Piece {
    return {
      name,
      describe: () => `makes ${name}`,
      apply: (rollback) => {
        rollback.defer(() => this.act(`take back ${name}`));
        this.act(`apply ${name}`);
      },
      check: () => this.act(`check ${name}`),
      ready: () => this.act(`ready ${name}`),
    };
  }

  kind(name: string): FileKind {
    return {
      name,
      undo: () => {
        this.act(`undo ${name}`);
        return () => this.act(`complete ${name}`);
      },
      collect: (_, { network, isStale }) => {
        const marks = ["c1", "c2"].filter((id) => isStale(`${network} ${id} eth0`));
        this.act(`collect ${name}: ${marks.join()}`);
      },
    };
  }

  pieces(...names: string[]): Piece[] {
    return names.map((name) => this.piece(name));
  }
}

function pluginOf(pieces: readonly Piece[], more: Partial<Wanted> = {}): Plugin {
  return filePlugin({
    name: "test",
    config: () => undefined,
    kinds: [],
    want: () => ({ pieces, ...more }),
  });
}

function pluginOfKinds(...kinds: FileKind[]): Plugin {
  return filePlugin({ name: "test", config: () => undefined, kinds, want: () => ({ pieces: [] }) });
}

interface Answer {
  readonly code?: number;
  readonly msg?: string;
  readonly details?: string;
}

const KEYS = { cniVersion: "1.1.0", name: "net1", type: "test" };
const env = { CNI_CONTAINERID: "c1", CNI_NETNS: "/run/netns/c1", CNI_IFNAME: "eth0" };
const prevResult = { cniVersion: "1.1.0", interfaces: [], ips: [] };

async function call(
  plugin: Plugin,
  operation: Operation,
  more: Partial<PluginIo> = {},
): Promise<Answer> {
  const keys = { ...KEYS, prevResult, "cni.dev/valid-attachments": [] };
  let stdout = "";
  const entry: PluginEntry = plugin.entry;
  await entry({
    env: { ...env, CNI_COMMAND: operation, CNI_PATH: "/nonexistent" },
    stdin: () => JSON.stringify(keys),
    stdout: (text) => (stdout += text),
    stderr: () => undefined,
    ...more,
  });
  return JSON.parse(stdout === "" ? "{}" : stdout) as Answer;
}

test("ADD makes the pieces in order, reports each with its time, and takes nothing back", async () => {
  const journal = new Journal();
  const reports: string[] = [];
  const onStep = ({ step, text, ms }: StepReport): void => {
    expect(ms).toBeGreaterThanOrEqual(0);
    reports.push(`${step}: ${text}`);
  };
  const silent: Piece = { ...journal.piece("silent"), describe: () => undefined };
  const asked: Piece = { name: "only asked", describe: () => "nothing to make" };
  const plugin = pluginOf([journal.piece("a"), silent, asked, journal.piece("b")]);
  expect(await call(plugin, "ADD", { onStep })).not.toHaveProperty("code");
  expect(journal.lines).toEqual(["apply a", "apply silent", "apply b"]);
  expect(reports).toEqual(["a: makes a", "b: makes b"]);
});

test("a failing piece is taken back with those before it, in reverse; its error is thrown", async () => {
  const journal = new Journal("apply b");
  const answer = await call(pluginOf(journal.pieces("a", "b", "c")), "ADD");
  expect(answer).toMatchObject({ code: 5, msg: "apply b failed" });
  expect(answer).not.toHaveProperty("details");
  expect(journal.lines).toEqual(["apply a", "apply b", "take back b", "take back a"]);
});

test("so is everything when only the answer cannot be made", async () => {
  const journal = new Journal("answer");
  const plugin = pluginOf(journal.pieces("a"), {
    result: () => journal.act("answer"),
  });
  expect(await call(plugin, "ADD")).toMatchObject({ code: 5, msg: "answer failed" });
  expect(journal.lines).toEqual(["apply a", "answer", "take back a"]);
});

test("what cannot be taken back is named in the details, and the rest is taken back", async () => {
  const journal = new Journal("apply c", "take back c", "take back b");
  expect(await call(pluginOf(journal.pieces("a", "b", "c")), "ADD")).toMatchObject({
    code: 5,
    msg: "apply c failed",
    details: "could not be taken back: take back c failed; take back b failed",
  });
  expect(journal.lines.slice(-3)).toEqual(["take back c", "take back b", "take back a"]);
});

test("after an abort no further piece is begun, and what was made is taken back", async () => {
  const journal = new Journal();
  const controller = new AbortController();
  const onStep = (): void => controller.abort(new Error("enough"));
  const options = { signal: controller.signal, onStep };
  expect(await call(pluginOf(journal.pieces("a", "b")), "ADD", options)).toMatchObject({
    code: 11,
    msg: "enough",
  });
  expect(journal.lines).toEqual(["apply a", "take back a"]);
});

test("DEL goes from the back, past failures, and names all of them at the end", async () => {
  const journal = new Journal("undo a", "undo c", "complete b");
  const kinds = ["a", "b", "c"].map((name) => journal.kind(name));
  expect(await call(pluginOfKinds(...kinds), "DEL")).toMatchObject({
    code: 5,
    msg: "undo c failed",
    details: "undo a failed; complete b failed",
  });
  expect(journal.lines).toEqual(["undo c", "undo b", "undo a", "complete b"]);
});

test("DEL waits for what the kernel still works on when all else is undone", async () => {
  const journal = new Journal();
  const reports: string[] = [];
  const onStep = ({ step, text }: StepReport): void => void reports.push(`${step}: ${text}`);
  await call(pluginOfKinds(journal.kind("a"), { name: "files" }, journal.kind("b")), "DEL", {
    onStep,
  });
  expect(journal.lines).toEqual(["undo b", "undo a", "complete b", "complete a"]);
  expect(reports).toEqual(["b: gone", "a: gone"]);
});

test("after an abort DEL begins no further kind", async () => {
  const journal = new Journal();
  const controller = new AbortController();
  const onStep = (): void => controller.abort(new Error("enough"));
  const plugin = pluginOfKinds(journal.kind("a"), journal.kind("b"));
  const answer = await call(plugin, "DEL", { signal: controller.signal, onStep });
  expect(answer).toMatchObject({ code: 11, msg: "enough" });
  expect(journal.lines).toEqual(["undo b"]);
});

test("CHECK stops at the first difference", async () => {
  const journal = new Journal("check b");
  const answer = await call(pluginOf(journal.pieces("a", "b", "c")), "CHECK");
  expect(answer).toMatchObject({ code: 5, msg: "check b failed" });
  expect(journal.lines).toEqual(["check a", "check b"]);
});

test("STATUS asks each piece whether it could be made", async () => {
  const journal = new Journal("ready b");
  const answer = await call(pluginOf(journal.pieces("a", "b", "c")), "STATUS");
  expect(answer).toMatchObject({ code: 5, msg: "ready b failed" });
  expect(journal.lines).toEqual(["ready a", "ready b"]);
});

test("GC collects every kind from the back, past failures, by the attachments that are valid", async () => {
  const journal = new Journal("collect b: c2");
  const valid = [{ containerID: "c1", ifname: "eth0" }];
  const stdin = (): string => JSON.stringify({ ...KEYS, "cni.dev/valid-attachments": valid });
  const plugin = pluginOfKinds(journal.kind("a"), journal.kind("b"));
  expect(await call(plugin, "GC", { stdin })).toMatchObject({ msg: "collect b: c2 failed" });
  expect(journal.lines).toEqual(["collect b: c2", "collect a: c2"]);
});

test("the plan is one line a piece and touches nothing", async () => {
  const journal = new Journal();
  const silent: Piece = { ...journal.piece("silent"), describe: () => undefined };
  const plugin = pluginOf([journal.piece("a"), silent, journal.piece("b")]);
  const lines = await plugin.plan?.({
    env: { ...env, CNI_COMMAND: "ADD", CNI_PATH: "/nonexistent" },
    stdin: () => JSON.stringify(KEYS),
    stdout: () => undefined,
    stderr: () => undefined,
  });
  expect(lines).toEqual(["a: makes a", "b: makes b"]);
  expect(journal.lines).toEqual([]);
});

test("what the system refuses bears the piece's name, and a code that says whether to try again", async () => {
  const refused = (code: string): Piece => ({
    ...new Journal().piece("sysctl"),
    apply: () => {
      throw Object.assign(new Error(`write: ${code}`), { code });
    },
  });
  const add = async (code: string): Promise<Answer> => await call(pluginOf([refused(code)]), "ADD");
  expect(await add("EROFS")).toMatchObject({ code: 5, msg: "sysctl: write: EROFS" });
  expect(await add("ENOMEM")).toMatchObject({ code: 11, msg: "sysctl: write: ENOMEM" });
});
