import { Card, Stack, Stepper } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Notice } from '../../../ui/notice/index.ts';
import { Problem } from '../../../ui/problem/index.ts';
import { Loading } from '../../../ui/states/index.ts';
import { type Draft, emptyDraft, type Kind, type Leg } from '../intent/draft.ts';
import { freshIntent, isOpen, mayFill, newIntent, type Phase } from '../intent/slice.ts';
import classes from '../money.module.css';
import { strings } from '../strings.ts';
import { Check } from './check.tsx';
import { Form } from './form.tsx';
import { Result } from './result.tsx';
import { type Flowing, useFlow } from './use-flow.ts';

const STEP: Readonly<Record<Phase, number>> = { draft: 0, previewed: 1, sent: 1, unknown: 1, done: 3 };

/** What is to be filled in beforehand, from the address. */
export type Given = Partial<Pick<Leg, 'from' | 'to'>>;

/** Takes what the address has into the draft, once, where nothing is under way that it would change. Gives what is asked for; '{}': nothing. */
function useGiven(kind: Kind, given: Given, onTaken: () => void, { intent, begin, draft, back }: Flowing): string {
  const taken = useRef('');
  const waiting = useRef('');
  const asked = JSON.stringify(given);
  useEffect(() => {
    if (intent === undefined) {
      begin(freshIntent(kind));
      return;
    }
    if (asked === '{}') taken.current = '';
    if (asked === '{}' || asked === taken.current) return;
    if (!mayFill(kind, intent, waiting.current === asked)) {
      waiting.current = asked;
      return;
    }
    // Once: the address is rid of it a little later.
    taken.current = asked;
    waiting.current = '';
    const { legs, terms } = intent.phase === 'done' ? emptyDraft(kind) : intent.draft;
    const filled: Draft = { legs: legs.map((leg, index) => (index === 0 ? { ...leg, ...given } : leg)), terms };
    if (intent.phase === 'done') begin(newIntent(filled));
    else {
      if (intent.phase === 'previewed') back();
      draft(filled, null);
    }
    onTaken();
  });
  return asked;
}

/** A thing to be done with money, from the form to its result. */
export function Flow({ kind, given, onTaken }: { kind: Kind; given: Given; onTaken: () => void }) {
  const flow = useFlow(kind);
  const { intent, ledger, begin, draft } = flow;
  const asked = useGiven(kind, given, onTaken, flow);
  if (intent === undefined) return <Loading />;
  return (
    <Card className={classes['card'] ?? ''} p={{ base: 'md', sm: 'lg' }}>
      <Stack gap="lg">
        <Stepper active={STEP[intent.phase]} size="sm" allowNextStepsSelect={false} visibleFrom="sm">
          {Object.entries(strings.steps).map(([id, label]) => (
            <Stepper.Step key={id} label={label} allowStepSelect={false} />
          ))}
        </Stepper>
        {flow.isKept ? null : (
          <Notice tone="warn" title={strings.unkept.title}>
            {strings.unkept.detail}
          </Notice>
        )}
        {asked !== '{}' && isOpen(intent) ? (
          <Notice tone="warn" title={strings.open.title}>
            {strings.open.detail}
          </Notice>
        ) : null}
        {intent.phase === 'draft' ? (
          <>
            {flow.error === null ? null : <Problem error={flow.error} />}
            <Form
              kind={kind}
              ledger={ledger}
              draft={intent.draft}
              accounts={flow.accounts}
              currencyOf={flow.currencyOf}
              faults={flow.faults}
              told={flow.told}
              isBusy={flow.isBusy}
              onChange={draft}
              onPreview={flow.preview}
              onClear={() => begin(freshIntent(kind))}
            />
          </>
        ) : null}
        {STEP[intent.phase] === 1 ? (
          <Check
            kind={kind}
            ledger={ledger.id}
            intent={intent}
            error={flow.error}
            isRenewing={flow.isRenewing}
            onBack={flow.back}
            onConfirm={flow.confirm}
          />
        ) : null}
        {intent.phase === 'done' ? (
          <Result
            kind={kind}
            ledger={ledger.id}
            intent={intent}
            onAnother={() => begin(freshIntent(kind))}
            onSame={() => begin(newIntent(intent.draft))}
          />
        ) : null}
      </Stack>
    </Card>
  );
}
