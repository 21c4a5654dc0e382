import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { AttachmentsForm, ChangeForm, NodeForm, PodForm } from "../../forms/index.ts";
import type { Backoff } from "../source/backoff.ts";
import { failureOf } from "../source/failure.ts";
import { RESOURCES } from "../source/resources.ts";
import type { Source } from "../source/source.ts";
import { podKey } from "../words/names.ts";
import { Answers, type Clocks } from "./answers.ts";
import { changedList, changeText } from "./changes.ts";
import {
  type ChoiceStorage,
  type KeptChoice,
  type SingleKeys,
  singleKeysChoice,
  type Theme,
  themeChoice,
} from "./choice.ts";
import type { Connection } from "./connection.ts";
import { type Location, type LocationLike, parseLocation, printLocation } from "./location.ts";
import { type Selection, selectionOf, selectionQuery } from "./selection.ts";

/** What the state needs of the browser. */
export interface Surroundings extends Clocks {
  readonly source: Source;
  readonly storage: ChoiceStorage;
  /** The fragment of the address. */
  readonly fragment: string;
  /** Puts a fragment into the address: as a step that leads back, or in place of the last one. */
  readonly setFragment: (fragment: string, how: "step" | "replace") => void;
}

/** Everything that the page knows. Components read its signals, and change it by its methods alone. */
export class PageState {
  readonly source: Source;
  readonly answers: Answers;
  readonly theme: KeptChoice<Theme>;
  readonly singleKeys: KeptChoice<SingleKeys>;
  readonly location: Signal<Location>;
  /** What is chosen on the map, and wherever else it is shown. */
  readonly selection: ReadonlySignal<Selection | undefined>;
  /** The pods of attachments, by `podKey`: answers about other things name containers alone. */
  readonly pods: ReadonlySignal<ReadonlyMap<string, PodForm>>;
  readonly connection: Signal<Connection>;
  /** The time now; it moves every few seconds, for ages. */
  readonly now: Signal<number>;
  /** The newest sentence for those that hear the page. */
  readonly announcement: Signal<string> = signal("");
  readonly isHelpOpen: Signal<boolean> = signal(false);
  readonly #surroundings: Surroundings;
  #retry: AbortController = new AbortController();
  /** The newest revision that is known: a stream goes on from there. */
  #revision: string | undefined;

  constructor(surroundings: Surroundings) {
    const { source, storage, clock, fragment } = surroundings;
    this.#surroundings = surroundings;
    this.source = source;
    this.answers = new Answers(source, surroundings);
    this.theme = themeChoice(storage);
    this.singleKeys = singleKeysChoice(storage);
    this.location = signal(parseLocation(fragment));
    this.selection = computed(() => selectionOf(this.location.value));
    const attachments = this.answers.of(RESOURCES.attachments);
    this.pods = computed(() => podsOf(attachments.value.value));
    this.connection = signal<Connection>({
      kind: source.kind === "live" ? "connecting" : "report",
    });
    this.now = signal(clock());
  }

  /** Reads, and follows changes, until the signal says stop. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#begin();
    this.answers.open();
    while (!signal.aborted && this.connection.peek().kind !== "forbidden") {
      this.#retry = new AbortController();
      const stop = AbortSignal.any([signal, this.#retry.signal]);
      await this.source.follow(this.#revision, this.#follower(), stop);
      if (this.source.kind === "report") return;
    }
  }

  /** Tries at once what would be tried later. */
  retry(): void {
    this.#retry.abort();
  }

  go(to: LocationLike, how: "step" | "replace" = "step"): void {
    this.#surroundings.setFragment(printLocation(to), how);
    this.arrive(printLocation(to));
  }

  /** The address has another fragment now. */
  arrive(fragment: string): void {
    this.location.value = parseLocation(fragment);
  }

  /** Changes keys of the query of what is shown; empty ones go. */
  setQuery(change: Readonly<Record<string, string>>): void {
    const { view, parts, query } = this.location.peek();
    this.go({ view, parts, query: { ...query, ...change } }, "replace");
  }

  /** Chooses something of the map, and shows it there. */
  select(selection: Selection | undefined): void {
    this.go({ view: "map", query: { ...this.#mapQuery(), ...selectionQuery(selection) } });
  }

  tick(): void {
    this.now.value = this.#surroundings.clock();
  }

  #mapQuery(): Readonly<Record<string, string>> {
    const { view, query } = this.location.peek();
    return view === "map" ? query : {};
  }

  /** Where the stream begins: at the revision before anything else is read. */
  async #begin(): Promise<void> {
    try {
      const node: NodeForm = RESOURCES.node.decode(await this.source.read(RESOURCES.node.path));
      this.#revision = node.revision;
    } catch (thrown) {
      if (failureOf(thrown).kind === "forbidden") this.connection.value = { kind: "forbidden" };
    }
  }

  #follower(): Parameters<Source["follow"]>[1] {
    return {
      live: (isAnew) => {
        const before = this.connection.peek().kind;
        this.connection.value = { kind: "live" };
        if (before === "stale") this.announcement.value = "Changes are followed again";
        if (isAnew || before === "stale") this.answers.refresh();
      },
      change: (change) => this.#change(change),
      lost: (backoff) => this.#lost(backoff),
      forbidden: () => {
        this.connection.value = { kind: "forbidden" };
      },
    };
  }

  #change(change: ChangeForm): void {
    this.#revision = change.revision;
    this.announcement.value = changeText(change) ?? this.announcement.peek();
    if (change.kind !== "attachment") {
      this.answers.refresh();
      return;
    }
    this.answers.patch(RESOURCES.attachments, (list) => changedList(list, change));
    this.answers.refresh((path) => path === RESOURCES.attachments.path);
  }

  #lost({ failures, waitMs }: Backoff): void {
    const before = this.connection.peek();
    const now = this.#surroundings.clock();
    const since = before.kind === "stale" ? before.since : now;
    this.connection.value = { kind: "stale", since, failures, retryAt: now + waitMs };
    if (before.kind === "live") this.announcement.value = "The connection is gone";
  }
}

function podsOf(list: AttachmentsForm | undefined): Map<string, PodForm> {
  return new Map(
    (list?.attachments ?? []).flatMap((each) => {
      return each.pod === undefined ? [] : [[podKey(each), each.pod] as const];
    }),
  );
}
