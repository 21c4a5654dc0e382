import type { VNode } from "preact";
import type { FleetBlockForm } from "../../forms/index.ts";
import { Mono, Text } from "../parts/text.tsx";
import { count } from "../words/text.ts";

const SHOWN_MAX = 512;

/** Blocks that have been used, each with the node that holds it; one that was split has its parts. */
export function Blocks(props: {
  blocks: readonly FleetBlockForm[];
  own: string | undefined;
}): VNode | null {
  const { blocks, own } = props;
  if (blocks.length === 0) return null;
  const hidden = blocks.length - SHOWN_MAX;
  return (
    <section class="card" aria-label="Blocks">
      <div class="card-head">
        <h2>Blocks</h2>
        <span class="muted">{count(blocks.length, "block or part", "blocks and parts")}</span>
      </div>
      <ul class="blocks card-body">
        {blocks.slice(0, SHOWN_MAX).map(({ prefix, node, block }) => (
          <li key={`${block} ${prefix}`} class={look(node, own)}>
            <Mono of={prefix} />
            <span>{node === undefined ? "free" : <Text of={node} max={40} />}</span>
          </li>
        ))}
      </ul>
      {hidden > 0 ? <p class="card-body muted">{count(hidden, "more", "more")} not drawn</p> : null}
    </section>
  );
}

function look(node: string | undefined, own: string | undefined): string {
  if (node === undefined) return "block free";
  return node === own ? "block own" : "block";
}
