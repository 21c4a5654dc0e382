import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { usePage } from "../state/use-page.ts";
import { Icon } from "./icon.tsx";

const SHOWN_MS = 2000;

/** A command, or what to do, to be copied: the page itself changes nothing on the node. */
export function Command({ text }: { text: string }): VNode {
  const { announcement } = usePage();
  const said = useSignal<string | undefined>(undefined);
  const copy = async (): Promise<void> => {
    const word = await copied(text);
    said.value = word;
    announcement.value = word;
    setTimeout(() => {
      said.value = undefined;
    }, SHOWN_MS);
  };
  return (
    <div class="command">
      <code>{text}</code>
      <button type="button" class="quiet" aria-label={`Copy: ${text}`} onClick={() => void copy()}>
        <Icon name="copy" />
        {said.value ?? "Copy"}
      </button>
    </div>
  );
}

async function copied(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    return "Select it and copy by hand";
  }
}
