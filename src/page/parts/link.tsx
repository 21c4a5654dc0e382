import type { ComponentChildren, VNode } from "preact";
import { attachmentLocation, type LocationLike, printLocation } from "../state/location.ts";
import { nameOf, type SomeNames } from "../words/names.ts";
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

/** An attachment by its name, as a link where all of its names are known. */
export function AttachmentLink({ name }: { name: SomeNames }): VNode {
  const { network, containerId, ifName } = name;
  const text = <Text of={nameOf(name) || network || "unknown"} max={64} />;
  if (network === undefined || containerId === undefined || ifName === undefined) return text;
  return <ViewLink to={attachmentLocation({ network, containerId, ifName })}>{text}</ViewLink>;
}
