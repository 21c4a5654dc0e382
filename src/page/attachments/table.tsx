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
            <th scope="col" class="c-ports wide">
              Ports
            </th>
            <SortHead column="since" title="Since" sort={sort} class="c-since wide" />
            <th scope="col" class="c-findings wide">
              What is wrong
            </th>
          </tr>
        </thead>
        {chunksOf(rows).map(({ at, rows: some }, index) => (
          <Chunk key={at} index={index} rows={some.length} total={rows.length} columns={COLUMNS}>
            {() =>
              some.map((row, offset) => (
                <Row key={keyOf(row)} attachment={row} index={at + offset + 2} />
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

interface RowProps {
  readonly attachment: AttachmentForm;
  /** From 1, the head of the table among them. */
  readonly index: number;
}

/** Drawn anew when its attachment has changed, and not when another one has. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate({ attachment, index }: RowProps): boolean {
    return attachment !== this.props.attachment || index !== this.props.index;
  }

  override render(): VNode {
    const { attachment, index } = this.props;
    const { network, ifName, addresses, ports, since, findings, state } = attachment;
    const [first] = findings;
    return (
      <tr aria-rowindex={index}>
        <th scope="row" class="clip">
          <a data-rove tabIndex={-1} href={printLocation(attachmentLocation(attachment))}>
            <Text of={nameOf(attachment)} />
          </a>
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
        <td class="clip">
          {addresses.map((address) => (
            <Mono key={address} of={address} />
          ))}
        </td>
        <td class="clip wide">
          <Mono of={ports.map(portText).join(", ")} />
        </td>
        <td class="clip wide">{since === undefined ? null : <Age of={since} />}</td>
        <td class="clip wide">
          {first === undefined ? null : <Text of={first.message} />}
          {findings.length > 1 ? <span class="muted"> and {findings.length - 1} more</span> : null}
        </td>
      </tr>
    );
  }
}

function portText({ hostPort, containerPort, protocol, hostIP }: PortMappingForm): string {
  return `${hostIP === undefined ? "" : `${hostIP}:`}${hostPort}→${containerPort}/${protocol}`;
}
