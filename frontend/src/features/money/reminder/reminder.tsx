import { Anchor, Box, Stack, Text } from '@mantine/core';
import { QuestionMarkCircleIcon } from '@heroicons/react/24/outline';
import { useDispatch, useSelector } from 'react-redux';
import { Link, useLocation } from 'react-router';
import { useMe } from '../../../api/session.ts';
import { paths } from '../../../app/paths.ts';
import { formatAmount } from '../../../ui/money/index.ts';
import { Notice } from '../../../ui/notice/index.ts';
import { postingsOf } from '../intent/command.ts';
import { chosenKind } from '../intent/draft.ts';
import { strings } from '../strings.ts';
import { forgetUnread } from '../intent/storage.ts';
import { type Due, dueOf, leftOf, type MoneyState } from './due.ts';
import { ledgerOfUnread, unreadOf, unreads } from './unread.ts';

const text = strings.reminder;

/** What it is, in a sentence. */
function sentenceOf(due: Due): string {
  if (due.kind === 'batch') {
    const { open, unsent } = leftOf(due.batch);
    return text.batch(due.batch.name, due.ledger, open, unsent);
  }
  const postings = due.intent.command === null ? [] : postingsOf(due.intent.command);
  const [first] = postings;
  if (due.kind === 'legs' || first === undefined) return text.legs(postings.length, due.ledger);
  const { amount, currency, from, to } = first;
  return text[due.kind](`${formatAmount(amount)} ${currency}`, due.ledger, from, to);
}

/** That something was kept and can not be read. ledger null: it is not known of which. */
const Unreadable = ({ ledger, onLooked }: { ledger: string | null; onLooked: () => void }) => (
  <Text size="sm">
    {text.unread(ledger)}{' '}
    {ledger === null ? null : (
      <Anchor component={Link} to={paths.transactions(ledger)} inherit c="inherit" underline="always">
        {text.transactions}
      </Anchor>
    )}{' '}
    <Anchor component="button" type="button" onClick={onLooked} inherit c="inherit" underline="always">
      {text.looked}
    </Anchor>
  </Text>
);

/** On every page but the one that shows it: what somebody sent and has no word of, with the way to ask. */
export function Reminder() {
  const { id: who } = useMe();
  const { pathname, search } = useLocation();
  const money = useSelector((state: MoneyState) => state.money);
  const moneyBatches = useSelector((state: MoneyState) => state.moneyBatches);
  const here = chosenKind(new URLSearchParams(search).get('kind'));
  const due = dueOf({ money, moneyBatches }, who).filter(({ ledger, kind }) => pathname !== paths.move(ledger) || kind !== here);
  const names = useSelector((state: MoneyState) => state.moneyUnread);
  const dispatch = useDispatch();
  const mine = unreadOf(names, who);
  if (due.length === 0 && mine.length === 0) return null;
  return (
    <Box mb="md">
      <Notice tone="warn" icon={<QuestionMarkCircleIcon />} title={text.title}>
        <Stack gap={4}>
          {due.map((one) => (
            <Text key={JSON.stringify([one.ledger, one.kind])} size="sm">
              {sentenceOf(one)}{' '}
              <Anchor component={Link} to={paths.move(one.ledger, { kind: one.kind })} inherit c="inherit" underline="always">
                {one.kind === 'batch' ? text.goOn : text.look}
              </Anchor>
            </Text>
          ))}
          {mine.map((name) => (
            <Unreadable
              key={name}
              ledger={ledgerOfUnread(name, who) ?? null}
              onLooked={() => {
                forgetUnread(name);
                dispatch(unreads.actions.forgotten(name));
              }}
            />
          ))}
        </Stack>
      </Notice>
    </Box>
  );
}
