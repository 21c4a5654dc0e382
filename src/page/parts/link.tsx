import type { ComponentChildren, VNode } from "preact";
import { attachmentLocation, type LocationLike, printLocation } from "../state/location.ts";
import { usePods } from "../state/use-page.ts";
import { knownName, type SomeNames } from "../words/names.ts";
import { Text } from "./text.tsx";

/** A link to another view: a fragment, which the browser follows by itself. */
export function ViewLink(props: {
  to: LocationLike;
  class?: string;
  label?: string;
  children: ComponentChildren;
}): VNode {
  const { to, label, children } = props;
  return (
    <a href={printLocation(to)} class={props.class} aria-label={label}>
      {children}
    </a>
  );
}

/** An attachment by its name, as a link where all of its names are known; by its pod where that is known. */
export function AttachmentLink({ name }: { name: SomeNames }): VNode {
  const { network, containerId, ifName } = name;
  const text = knownName(name, usePods());
  // A call such as VERSION is of no attachment.
  if (text === "" && !network) return <span class="muted">none</span>;
  const shown = <Text of={text === "" ? (network ?? "") : text} max={64} />;
  if (!network || !containerId || !ifName) return shown;
  return <ViewLink to={attachmentLocation({ network, containerId, ifName })}>{shown}</ViewLink>;
}
