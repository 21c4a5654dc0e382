import { Component, type VNode } from "preact";
import { useRef } from "preact/hooks";
import type { AttachmentForm, PortMappingForm } from "../../forms/index.ts";
import { Chunk, chunksOf } from "../parts/chunk.tsx";
import { useRoving } from "../parts/roving.ts";
import { SortHead } from "../parts/sort-head.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { Age } from "../parts/time.tsx";
import { attachmentLocation, printLocation } from "../state/location.ts";
import { nameOf } from "../words/names.ts";
import { ATTACHMENT_STATES } from "../words/states.ts";

/** Attachments, a row each. */
export function AttachmentTable(props: { rows: readonly AttachmentForm[]; sort: string }): VNode {
  const { rows, sort } = props;
  const table = useRef<HTMLTableElement>(null);
  useRoving(table);
  // What no row has takes no room.
  const shows: Shown = {
    ports: rows.some(({ ports }) => ports.length > 0),
    findings: rows.some(({ findings }) => findings.length > 0),
  };
  return (
    <div class="table">
      <table ref={table} class="fixed attachments" aria-rowcount={rows.length + 1}>
        <caption class="unseen">Attachments</caption>
        <thead>
          <tr>
            <SortHead column="name" title="Attachment" sort={sort} class="c-name" />
            <SortHead column="state" title="State" sort={sort} class="c-state" />
            <SortHead column="network" title="Network" sort={sort} class="c-network wide" />
            <SortHead column="ifname" title="Interface" sort={sort} class="c-ifname wide" />
            <SortHead column="address" title="Addresses" sort={sort} class="c-address" />
            {shows.ports ? (
              <th scope="col" class="c-ports wide">
                Ports
              </th>
            ) : null}
            <SortHead column="since" title="Since" sort={sort} class="c-since wide" />
            {shows.findings ? (
              <th scope="col" class="c-findings wide">
                What is wrong
              </th>
            ) : null}
          </tr>
        </thead>
        {chunksOf(rows).map(({ at, rows: some }, index) => (
          <Chunk key={at} index={index} rows={some.length} total={rows.length} columns={COLUMNS}>
            {() =>
              some.map((row, offset) => (
                <Row key={keyOf(row)} attachment={row} index={at + offset + 2} shows={shows} />
              ))
            }
          </Chunk>
        ))}
      </table>
    </div>
  );
}

function keyOf({ network, containerId, ifName }: AttachmentForm): string {
  return JSON.stringify([network, containerId, ifName]);
}

const COLUMNS = 8;
/** A container may have a hundred ports: its own view and that of ports have all. */
const PORTS_MAX = 6;

/** Columns that are there only where a row has something for them. */
interface Shown {
  readonly ports: boolean;
  readonly findings: boolean;
}

interface RowProps {
  readonly attachment: AttachmentForm;
  /** From 1, the head of the table among them. */
  readonly index: number;
  readonly shows: Shown;
}

/** Drawn anew when its attachment has changed, and not when another one has. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate({ attachment, index, shows }: RowProps): boolean {
    const { ports, findings } = this.props.shows;
    if (shows.ports !== ports || shows.findings !== findings) return true;
    return attachment !== this.props.attachment || index !== this.props.index;
  }

  override render(): VNode {
    const { attachment, index, shows } = this.props;
    const { network, ifName, addresses, ports, since, findings, state } = attachment;
    const wrong = findings.length === 0 ? null : <Wrong findings={findings} />;
    return (
      <tr aria-rowindex={index}>
        <th scope="row">
          <a data-rove tabIndex={-1} href={printLocation(attachmentLocation(attachment))}>
            <Text of={nameOf(attachment)} />
          </a>
          {wrong === null ? null : <div class="narrow">{wrong}</div>}
        </th>
        <td>
          <StateWord state={ATTACHMENT_STATES[state]} />
        </td>
        <td class="clip wide">
          <Text of={network} />
        </td>
        <td class="clip wide">
          <Mono of={ifName} />
        </td>
        <td>
          {addresses.map((address) => (
            <Mono key={address} of={address} />
          ))}
        </td>
        {shows.ports ? (
          <td class="wide">
            {ports.slice(0, PORTS_MAX).map((port) => (
              <Mono key={portText(port)} of={portText(port)} />
            ))}
            {ports.length > PORTS_MAX ? (
              <span class="muted">and {ports.length - PORTS_MAX} more</span>
            ) : null}
          </td>
        ) : null}
        <td class="clip wide">{since === undefined ? null : <Age of={since} />}</td>
        {shows.findings ? <td class="wide">{wrong}</td> : null}
      </tr>
    );
  }
}

function Wrong({ findings }: Pick<AttachmentForm, "findings">): VNode {
  const [first] = findings;
  return (
    <>
      <Text of={first?.message ?? ""} max={300} />
      {findings.length > 1 ? <span class="muted"> and {findings.length - 1} more</span> : null}
    </>
  );
}

function portText({ hostPort, containerPort, protocol, hostIP }: PortMappingForm): string {
  return `${hostIP === undefined ? "" : `${hostIP}:`}${hostPort}→${containerPort}/${protocol}`;
}
