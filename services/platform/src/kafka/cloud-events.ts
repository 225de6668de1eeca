/** What the headers of a record are made of; all of it is in the record. */
export interface RecordIdentity {
  ledger: string;
  ledgerUuid: string;
  epoch: number;
  position: bigint | string;
  /** RFC 3339. */
  recordedAt: string;
}

/**
 * CloudEvents 1.0 attributes in the Kafka binding's binary content mode: each is a `ce_` header, the data (JSON) is the message's value. The id is
 * (ledger uuid, epoch, position): a record that is sent twice has the same one. The partition key is the extension of that name.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export function cloudEventHeaders(type: string, record: RecordIdentity): Record<string, string> {
  const position = record.position.toString();
  return {
    ce_specversion: '1.0',
    ce_id: `${record.ledgerUuid}/${record.epoch}/${position}`,
    ce_source: `/ledgers/${record.ledger}`,
    ce_type: type,
    ce_subject: `records/${position}`,
    ce_time: record.recordedAt,
    ce_partitionkey: record.ledger,
    'content-type': 'application/json',
  };
}
