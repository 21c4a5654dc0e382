import { describe, expect, test } from "bun:test";
import { picture } from "../../../tests/support/picture/index.ts";
import type { AttachmentForm, AttachmentsForm, ChangeForm } from "../../forms/index.ts";
import { SourceFailure } from "../source/failure.ts";
import { RESOURCES } from "../source/resources.ts";
import { SnapshotSource } from "../source/snapshot.ts";
import type { Follower, Source } from "../source/source.ts";
import { PageState } from "./page-state.ts";

/** A source whose stream is played by the test. */
class PlayedSource implements Source {
  readonly kind = "live";
  readonly answers = picture({ attachments: 3, now: 1_800_000_000_000 });
  readonly asked: string[] = [];
  readonly from: (string | undefined)[] = [];
  follower: Follower | undefined;
  failure: SourceFailure | undefined;

  read(path: string): Promise<unknown> {
    this.asked.push(path);
    return this.failure === undefined
      ? Promise.resolve(this.answers[path])
      : Promise.reject(this.failure);
  }

  async follow(from: string | undefined, follower: Follower, signal: AbortSignal): Promise<void> {
    this.from.push(from);
    this.follower = follower;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  }
}

interface Played {
  readonly source: PlayedSource;
  readonly page: PageState;
  readonly fragments: string[];
  readonly stop: AbortController;
}

async function played(prepare: (source: PlayedSource) => void = () => undefined): Promise<Played> {
  const source = new PlayedSource();
  prepare(source);
  const fragments: string[] = [];
  const page = new PageState({
    ...{
      source,
      storage: { getItem: () => null, setItem: () => undefined },
      clock: () => 5000,
      elapsed: () => 0,
    },
    fragment: "#/attachments",
    setFragment: (fragment, how) => fragments.push(`${how} ${fragment}`),
  });
  page.answers.watch(RESOURCES.attachments);
  const stop = new AbortController();
  void page.run(stop.signal);
  await Bun.sleep(0);
  return { source, page, fragments, stop };
}

function listed(page: PageState): readonly AttachmentForm[] {
  return page.answers.of(RESOURCES.attachments).value.value?.attachments ?? [];
}

describe("a page", () => {
  test("follows from the revision that it began with, and reads nothing before", async () => {
    const { source, page } = await played();
    expect(source.from).toEqual(["1"]);
    expect(source.asked).toEqual(["node", "attachments"]);
    expect(page.connection.value).toEqual({ kind: "connecting" });
    source.follower?.live(false);
    expect(page.connection.value).toEqual({ kind: "live" });
    expect(source.asked).toHaveLength(2);
  });

  test("shows an attachment that comes, changes and goes without reading all of them", async () => {
    const { source, page } = await played();
    const [first] = (source.answers["attachments"] as AttachmentsForm).attachments;
    if (first === undefined) throw new Error("there is no attachment");
    const attachment: AttachmentForm = { ...first, containerId: "new", pod: { name: "late" } };
    const change = (event: ChangeForm["event"], more: Partial<AttachmentForm> = {}): void => {
      const changed = { ...attachment, ...more };
      source.follower?.change({ revision: "2", kind: "attachment", event, attachment: changed });
    };
    change("attached");
    expect(listed(page)).toHaveLength(4);
    expect(page.announcement.value).toBe("late on dbnet was attached");
    change("changed", { state: "drift" });
    expect(listed(page)[3]?.state).toBe("drift");
    expect(page.announcement.value).toBe("late on dbnet is drift now");
    change("detached");
    expect(listed(page)).toHaveLength(3);
    change("detached");
    expect(listed(page)).toHaveLength(3);
    expect(source.asked).toEqual(["node", "attachments"]);
  });

  test("reads anew what is shown when something else has changed", async () => {
    const { source } = await played();
    source.follower?.change({ revision: "2", kind: "reset" });
    await Bun.sleep(150);
    expect(source.asked).toEqual(["node", "attachments", "attachments"]);
  });

  test("says since when it is not connected, and goes on when it is tried by hand", async () => {
    const { source, page, stop } = await played();
    source.follower?.live(false);
    source.follower?.change({ revision: "9", kind: "node" });
    source.follower?.lost({ failures: 1, waitMs: 250 });
    source.follower?.lost({ failures: 2, waitMs: 500 });
    expect(page.connection.value).toEqual({
      kind: "stale",
      since: 5000,
      failures: 2,
      retryAt: 5500,
    });
    page.retry();
    await Bun.sleep(0);
    expect(source.from).toEqual(["1", "9"]);
    source.follower?.live(false);
    expect(page.announcement.value).toBe("Changes are followed again");
    stop.abort();
  });

  test("without a token that is taken shows that, and tries nothing more", async () => {
    const { source, page } = await played((each) => {
      each.failure = new SourceFailure("forbidden", "the token is wrong");
    });
    expect(page.connection.value).toEqual({ kind: "forbidden" });
    expect(source.from).toEqual([]);
  });

  test("puts filters into the address without a step back for each letter", async () => {
    const { page, fragments } = await played();
    page.setQuery({ text: "w" });
    page.setQuery({ text: "we" });
    page.go({ view: "ports" });
    page.select({ kind: "port", port: "tcp/80" });
    expect(fragments).toEqual([
      ...["replace #/attachments?text=w", "replace #/attachments?text=we"],
      ...["step #/ports", "step #/map?port=tcp%2F80"],
    ]);
    expect(page.selection.value).toEqual({ kind: "port", port: "tcp/80" });
  });

  test("knows pods by their containers", async () => {
    const { page } = await played();
    expect([...page.pods.value.values()].map(({ name }) => name)).toEqual([
      "db-0",
      "db-1",
      "web-2",
    ]);
  });
});

test("a report is read, and not followed", async () => {
  const source = new SnapshotSource(picture({ attachments: 2, now: 1_800_000_000_000 }));
  const page = new PageState({
    ...{
      source,
      storage: { getItem: () => null, setItem: () => undefined },
      clock: () => 5000,
      elapsed: () => 0,
    },
    ...{ fragment: "", setFragment: () => undefined },
  });
  page.answers.watch(RESOURCES.attachments);
  await page.run(new AbortController().signal);
  await Bun.sleep(0);
  expect(page.connection.value).toEqual({ kind: "report" });
  expect(listed(page)).toHaveLength(2);
});
