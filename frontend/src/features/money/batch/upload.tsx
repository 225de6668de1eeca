import { Button, Code, FileInput, Group, Stack, Table, Text, Textarea } from '@mantine/core';
import { ArrowDownTrayIcon, DocumentTextIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { useLedger } from '../../../api/ledger.ts';
import { Notice } from '../../../ui/notice/index.ts';
import { saveFile, toCsv } from '../../../ui/table/index.ts';
import classes from '../money.module.css';
import { strings } from '../strings.ts';
import { digestOf } from './digest.ts';
import { OPTIONAL, parseRows, REQUIRED, type Row, textOf } from './parse.ts';

const text = strings.batch;
const PASTED = 'pasted.csv';

const EXAMPLE = { from: 'alice', to: 'bob', amount: '12.34', reference: 'dinner', externalId: 'order-1', description: '' } as const;

/** A file with the columns and one row. */
function saveTemplate(currency: string): void {
  const columns = [...REQUIRED, ...OPTIONAL];
  saveFile(
    'ledgerflow-batch.csv',
    toCsv(columns, [columns.map((name) => (name === 'currency' ? currency : EXAMPLE[name]))]),
    'text/csv;charset=utf-8',
  );
}

/** Which columns there are, and what each holds. */
const Columns = () => (
  <Table verticalSpacing={4} withTableBorder highlightOnHover={false} aria-label={text.columns}>
    <Table.Tbody>
      {[...REQUIRED, ...OPTIONAL].map((name) => (
        <Table.Tr key={name}>
          <Table.Th scope="row" w="8rem">
            <Code>{name}</Code>
          </Table.Th>
          <Table.Td>{text.columnHints[name]}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);

/** Rows as text. */
function Paste({ currency, onPaste }: { currency: string; onPaste: (content: string) => void }) {
  const [pasted, setPasted] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onPaste(pasted);
      }}
    >
      <Textarea
        label={text.paste}
        value={pasted}
        onChange={(event) => setPasted(event.currentTarget.value)}
        autosize
        minRows={4}
        maxRows={12}
        spellCheck={false}
        classNames={{ input: 'id' }}
        placeholder={`${REQUIRED.join(',')}\nalice,bob,12.34,${currency}`}
      />
      <Button type="submit" mt="sm" disabled={pasted.trim() === ''}>
        {text.read}
      </Button>
    </form>
  );
}

export interface UploadProps {
  /** Gives why they cannot be taken, or null. */
  onRows: (name: string, rows: Row[], digest: string | null) => string | null;
}

/** A file, or what was pasted, as rows. */
export function Upload({ onRows }: UploadProps) {
  const ledger = useLedger();
  const currency = ledger.currencies[0]?.code ?? 'USD';
  const [fault, setFault] = useState<string | null>(null);
  const take = async (name: string, content: string): Promise<void> => {
    const parsed = parseRows(content, ledger);
    setFault('fault' in parsed ? parsed.fault : onRows(name, parsed.rows, await digestOf(content)));
  };
  const choose = async (file: File | null): Promise<void> => {
    if (file === null) return;
    const read = await textOf(file);
    if ('fault' in read) setFault(read.fault);
    else await take(file.name, read.text);
  };
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Text size="sm" c="dimmed" flex="1 1 20rem">
          {text.about}
        </Text>
        <Button variant="default" leftSection={<ArrowDownTrayIcon width={16} />} onClick={() => saveTemplate(currency)}>
          {text.template}
        </Button>
      </Group>
      <Columns />
      <FileInput
        label={text.file}
        description={text.fileHint}
        placeholder={text.choose}
        accept=".csv,text/csv,text/plain"
        leftSection={<DocumentTextIcon width={16} />}
        classNames={{ placeholder: classes['placeholder'] ?? '' }}
        value={null}
        onChange={(file) => void choose(file)}
      />
      <Paste currency={currency} onPaste={(content) => void take(PASTED, content)} />
      {fault === null ? null : (
        <Notice tone="bad" role="alert">
          {fault}
        </Notice>
      )}
    </Stack>
  );
}
