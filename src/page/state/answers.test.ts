import { describe, expect, test } from "bun:test";
import type { NodeForm } from "../../forms/index.ts";
import { SourceFailure } from "../source/failure.ts";
import { RESOURCES } from "../source/resources.ts";
import type { Source } from "../source/source.ts";
import { Answers } from "./answers.ts";

/** A source that answers when it is let, and a clock that stands until it is moved. */
class HeldSource implements Source {
  readonly kind = "live";
  readonly asked: string[] = [];
  now = 1000;
  /** How far the time of day has been set back. */
  setBack = 0;
  readonly clock = (): number => this.now - this.setBack;
  readonly elapsed = (): number => this.now;
  #waiting: ((value: unknown) => void)[] = [];

  read(path: string): Promise<unknown> {
    this.asked.push(path);
    return new Promise((resolve, reject) => {
      this.#waiting.push((value) => {
        if (value instanceof Error) reject(value);
        else resolve(value);
      });
    });
  }

  /** Answers what waits, so much later. */
  async answer(value: unknown, later: number = 0): Promise<void> {
    this.now += later;
    for (const each of this.#waiting.splice(0)) each(value);
    await Bun.sleep(0);
  }

  follow(): Promise<void> {
    return Promise.resolve();
  }
}

function opened(): { source: HeldSource; answers: Answers } {
  const source = new HeldSource();
  const answers = new Answers(source, source);
  answers.open();
  return { source, answers };
}

const NODE = { hostname: "a" } as NodeForm;

describe("a resource", () => {
  test("is read once for all that show it, and not before the source is ready", async () => {
    const source = new HeldSource();
    const answers = new Answers(source, source);
    answers.watch(RESOURCES.node);
    answers.watch(RESOURCES.node);
    expect(source.asked).toEqual([]);
    answers.open();
    expect(source.asked).toEqual(["node"]);
    await source.answer(NODE);
    expect(answers.of(RESOURCES.node).value).toEqual({ value: NODE, at: 1000 });
  });

  test("keeps its value when it cannot be read anew, and says why", async () => {
    const { source, answers } = opened();
    answers.watch(RESOURCES.node);
    await source.answer(NODE);
    source.now += 10_000;
    answers.refresh();
    const failure = new SourceFailure("refused", "not now");
    await source.answer(failure);
    expect(answers.of(RESOURCES.node).value).toEqual({ value: NODE, at: 1000, failure });
    source.now += 10_000;
    answers.refresh();
    await source.answer(NODE);
    expect(answers.of(RESOURCES.node).value.failure).toBeUndefined();
  });

  test("that is no longer shown is read when it is shown again, and only if something changed", async () => {
    const { source, answers } = opened();
    const leave = answers.watch(RESOURCES.node);
    await source.answer(NODE);
    leave();
    answers.watch(RESOURCES.node)();
    expect(source.asked).toHaveLength(1);
    source.now += 10_000;
    answers.refresh();
    expect(source.asked).toHaveLength(1);
    answers.watch(RESOURCES.node);
    expect(source.asked).toHaveLength(2);
  });

  test("that changes while it is read is read once more, at once", async () => {
    const { source, answers } = opened();
    answers.watch(RESOURCES.node);
    for (let count = 0; count < 50; count += 1) answers.refresh();
    await source.answer(NODE, 20);
    expect(source.asked).toHaveLength(2);
    await source.answer(NODE, 20);
    expect(source.asked).toHaveLength(2);
  });

  test("that changes again and again is read after rests", async () => {
    const { source, answers } = opened();
    answers.watch(RESOURCES.node);
    for (let reading = 1; reading <= 3; reading += 1) {
      answers.refresh();
      await source.answer(NODE, 200);
    }
    // Each takes 200 ms, and is to rest for 600: the first second of that is not waited for.
    expect(source.asked).toHaveLength(3);
    await Bun.sleep(200);
    expect(source.asked).toHaveLength(3);
    await Bun.sleep(400);
    expect(source.asked).toHaveLength(4);
  });

  test("is read as soon as before when the time of day has been set back", async () => {
    const { source, answers } = opened();
    answers.watch(RESOURCES.node);
    await source.answer(NODE);
    source.setBack = 3_600_000;
    source.now += 1000;
    answers.refresh();
    expect(source.asked).toHaveLength(2);
  });

  test("that is laborious is read when what is quick has been answered", async () => {
    const source = new HeldSource();
    const answers = new Answers(source, source);
    for (const one of [RESOURCES.findings, RESOURCES.map]) answers.watch(one);
    answers.open();
    answers.watch(RESOURCES.node);
    answers.watch(RESOURCES.fleet);
    expect(source.asked).toEqual(["findings", "map", "node"]);
    await source.answer({});
    expect(source.asked).toEqual(["findings", "map", "node", "fleet"]);
  });

  test("that is laborious is read, however steadily what is quick changes", async () => {
    const { source, answers } = opened();
    answers.watch(RESOURCES.node);
    await source.answer(NODE);
    // What takes so long and changes so often waits for its gap at last.
    for (let reading = 0; reading < 5; reading += 1) {
      answers.refresh();
      await source.answer(NODE, 1000);
    }
    answers.refresh();
    answers.watch(RESOURCES.findings);
    expect(source.asked.at(-1)).toBe("findings");
  });

  test("that is laborious does not wait for what fails again and again", async () => {
    const { source, answers } = opened();
    answers.watch(RESOURCES.node);
    await source.answer(new SourceFailure("refused", "not now"));
    answers.refresh();
    expect(source.asked).toEqual(["node", "node"]);
    answers.watch(RESOURCES.findings);
    expect(source.asked.at(-1)).toBe("findings");
  });

  test("whose answer is of another shape is said to be unreadable", async () => {
    const { source, answers } = opened();
    answers.watch(RESOURCES.node);
    await source.answer([]);
    expect(answers.of(RESOURCES.node).value.failure).toMatchObject({ kind: "unreadable" });
  });
});

test("answers that nothing shows are forgotten, the oldest first", async () => {
  const { source, answers } = opened();
  for (let index = 0; index < 40; index += 1) {
    const path = `ranges/${index}`;
    const leave = answers.watch({ path, decode: (value) => value });
    await source.answer({ index });
    leave();
  }
  const kept = Array.from({ length: 40 }, (_, index) => {
    return answers.of({ path: `ranges/${index}`, decode: (value: unknown) => value }).peek().value;
  });
  expect(kept[0]).toBeUndefined();
  expect(kept[39]).toEqual({ index: 39 });
});
