/** How the picture looks; a state has a shape and a word beside its colour. */
export const STYLE: string = `
text{font:12px system-ui,sans-serif;fill:#16202b}
.ground{fill:#f4f6f8}.frame{fill:#fff;stroke:#d9e0e7}
.title{font-size:14px;font-weight:650}.counts{font-size:12px;font-weight:400;fill:#526070}
.label{font-weight:600}.word{font-size:11px;text-anchor:end}
.line,.edge,.chip text{font:11px ui-monospace,monospace;fill:#526070}
.box rect,.tile rect{fill:#fff;stroke:#8593a3}.chip rect{fill:#e2eff6;stroke:#0b5a86}
.plug rect{fill:#8593a3}.kind-bridge rect{fill:#e2eff6;stroke:#0b5a86}
.kind-outside rect,.kind-host rect{fill:#eef2f5}
.way,.rail{fill:none;stroke:#8593a3;stroke-width:1.5}
.sign{stroke:none}
.state-drift rect{stroke:#9a5b00;stroke-width:2}.state-drift .sign{fill:#9a5b00}
.state-leak rect{stroke:#b3261e;stroke-width:2}.state-leak .sign{fill:#b3261e}
.state-orphan rect{stroke:#8a3d86;stroke-width:2}.state-orphan .sign{fill:#8a3d86}
.state-unfinished rect{stroke:#1f62a8;stroke-width:2}.state-unfinished .sign{fill:#1f62a8}
.state-unclear rect{stroke:#5e6b7a;stroke-width:2}.state-unclear .sign{fill:#5e6b7a}
.way.state-drift,.way.state-leak,.way.state-orphan{stroke-dasharray:4 3;stroke:#9a5b00}
@media (prefers-color-scheme:dark){
text{fill:#e7edf3}.ground{fill:#0f151b}.frame{fill:#171f28;stroke:#2b3743}
.counts,.line,.edge,.chip text{fill:#a3b1bf}
.box rect,.tile rect{fill:#1f2933;stroke:#6d7d8d}.chip rect,.kind-bridge rect{fill:#16303f;stroke:#74bfe8}
.kind-outside rect,.kind-host rect{fill:#1f2933}
}`;
