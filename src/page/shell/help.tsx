import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { VIEWS } from "../state/location.ts";
import { usePage } from "../state/use-page.ts";
import { ATTACHMENT_STATES } from "../words/states.ts";
import { zoneName } from "../words/time.ts";
import { VIEW_ENTRIES } from "./views.tsx";

/** The keys, and what the words mean. */
export function Help(): VNode {
  const page = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = page.isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = (): void => {
    page.isHelpOpen.value = false;
  };
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close}>
      <div class="help-head">
        <h2 id="help-title">Keys and words</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <div class="help-columns">
        <Keys />
        <States />
      </div>
      <p class="muted">
        Times are those of your zone, {zoneName()}. This page reads, and changes nothing on the
        node: what mends something is a command, to be copied.
      </p>
    </dialog>
  );
}

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["/"], "to the search of the view"],
  [["↑", "↓", "Home", "End"], "through rows, addresses and things of the map"],
  [["Enter"], "opens what has the focus"],
  [["Esc"], "closes what is open, leaves a search"],
  [["t"], "light, dark, or as the system"],
  [["?"], "this"],
];

/** Speech input, and a hand that slips, type letters that are meant for nothing: they can be switched off. */
function SingleKeys(): VNode {
  const { singleKeys } = usePage();
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={singleKeys.chosen.value === "on"}
        onChange={(event) => singleKeys.choose(event.currentTarget.checked ? "on" : "off")}
      />
      <span>
        Keys of one letter or sign: <kbd>/</kbd> <kbd>t</kbd> <kbd>?</kbd> <kbd>g</kbd> …
      </span>
    </label>
  );
}

function Keys(): VNode {
  return (
    <section>
      <h3>Keys</h3>
      <SingleKeys />
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        {VIEWS.map((view) => (
          <div key={view}>
            <dt>
              <kbd>g</kbd>
              <kbd>{VIEW_ENTRIES[view].key}</kbd>
            </dt>
            <dd>{VIEW_ENTRIES[view].title}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function States(): VNode {
  return (
    <section>
      <h3>States of an attachment</h3>
      <dl class="meanings">
        {Object.values(ATTACHMENT_STATES).map((state) => (
          <div key={state.word}>
            <dt>
              <StateWord state={state} />
            </dt>
            <dd>{state.meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
