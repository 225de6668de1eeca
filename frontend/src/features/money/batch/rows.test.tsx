/** @jest-environment jsdom */
import { afterEach, expect, it } from '@jest/globals';
import { cleanup, screen } from '@testing-library/react';
import { draw } from '../../../testing/render.tsx';
import type { Row } from './parse.ts';
import { Rows, type ShownRow } from './rows.tsx';

afterEach(cleanup);

const row = { line: 2, from: 'alice', to: 'bob', amount: '1.00', currency: 'USD', fault: null } as Row;
const refused = (line: number, code: string, detail: string, field: string | null): ShownRow => ({
  row: { ...row, line },
  result: { state: 'refused', problem: { code, title: 'T', detail, field, requestId: null } },
  isTried: false,
});

it('says in words why a row was refused, and leaves what is good as it is', () => {
  const rows = [
    refused(2, 'invalid_request', 'The field must NOT have more than 255 characters', 'transactions.0.externalId'),
    refused(3, 'insufficient_funds', 'The available balance is too small', null),
  ];
  draw(<Rows ledger="shop" name="pay.csv" rows={rows} />);
  expect(screen.getAllByText('At most 255 characters')).not.toEqual([]);
  expect(screen.getAllByText('The available balance is too small')).not.toEqual([]);
  expect(screen.queryByText(/The field must NOT/)).toBeNull();
});
