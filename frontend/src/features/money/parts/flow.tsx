import { Card, Stack, Stepper } from '@mantine/core';
import { LedgerFlowProblem, makeKey } from '@ledgerflow/client';
import { useEffect, useRef, useState } from 'react';
import { useLedger } from '../../../api/ledger.ts';
import { useMe } from '../../../api/session.ts';
import { formatAmount } from '../../../ui/money/index.ts';
import { Problem } from '../../../ui/problem/index.ts';
import { Loading } from '../../../ui/states/index.ts';
import { useZone } from '../../../ui/time/index.ts';
import { commandOf } from '../intent/command.ts';
import { accountsOf, type Draft, emptyDraft, type Faults, type FieldPath, type Kind, type Leg } from '../intent/draft.ts';
import { fieldOf, judge } from '../intent/problem.ts';
import { freshIntent, type Intent, intents, isOpen, mayFill, newIntent, type Phase, placeKey, previewLeftMs } from '../intent/slice.ts';
import { useIntent } from '../intent/use-intent.ts';
import classes from '../money.module.css';
import { useAccounts, useDryRun, useSend } from '../queries.ts';
import { strings } from '../strings.ts';
import { Check } from './check.tsx';
import { Form } from './form.tsx';
import { Note } from './note.tsx';
import { Result } from './result.tsx';

const STEP: Readonly<Record<Phase, number>> = { draft: 0, previewed: 1, sent: 1, unknown: 1, done: 3 };
const { begun, drafted, previewed, renewed, takenBack, sent, answered, refused, untried, lost } = intents.actions;

/** What a refusal says, with the figures that help. */
function wordsOf({ detail, parameters }: LedgerFlowProblem): string {
  const { available, minBalance, transactionId } = parameters;
  const extra: string[] = [];
  if (typeof available === 'string') extra.push(strings.faults.available(formatAmount(available)));
  if (typeof minBalance === 'string' && !/^[0.]+$/.test(minBalance)) extra.push(strings.faults.minimum(formatAmount(minBalance)));
  if (typeof transactionId === 'string') extra.push(strings.faults.first(transactionId));
  return [`${detail}.`, ...extra].join(' ');
}

/** What is to be filled in beforehand, from the address. */
export type Given = Partial<Pick<Leg, 'from' | 'to'>>;

/** Tries again what was previewed too long ago, also before one came back; what the ledger would not do now is a draft again. */
function useRenewal(
  place: string,
  { intent, now, step }: Pick<ReturnType<typeof useIntent>, 'intent' | 'now' | 'step'>,
  dryRun: ReturnType<typeof useDryRun>,
  show: (problem: unknown, draft: Draft) => void,
): void {
  const renew = (): void => {
    const current = now();
    if (current?.phase !== 'previewed' || current.isDoubtful || current.command === null) return;
    dryRun.mutate(current.command, {
      onSuccess: (movement) => step(renewed({ place, preview: movement, atMs: Date.now() })),
      onError: (problem) => {
        if (now()?.phase !== 'previewed') return;
        step(takenBack({ place }));
        show(problem, current.draft);
      },
    });
  };
  const previewedAtMs = intent?.phase === 'previewed' && !intent.isDoubtful ? (intent.previewedAtMs ?? null) : undefined;
  useEffect(() => {
    if (previewedAtMs === undefined) return undefined;
    // Nobody sees a hidden page: it is tried again when it is in sight.
    const look = (): void => {
      if (!document.hidden && previewLeftMs({ previewedAtMs }, Date.now()) === 0) renew();
    };
    const timer = setTimeout(look, previewLeftMs({ previewedAtMs }, Date.now()));
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for a preview
  }, [place, previewedAtMs]);
}

/** Steps of an intent: each is kept before it has an effect outside of the page. */
function useFlow(kind: Kind) {
  const ledger = useLedger();
  const { id: who } = useMe();
  const zone = useZone();
  const place = placeKey({ who, ledger: ledger.id, kind });
  const { intent, now, step, isKept } = useIntent(place);
  const [faults, setFaults] = useState<Faults>({});
  const [error, setError] = useState<unknown>(null);
  const accounts = useAccounts(ledger.id, intent?.phase === 'draft' ? accountsOf(intent.draft) : []);
  const currencyOf = ({ from, to, currency }: Leg): string | null => {
    if (currency !== '') return currency;
    const only = ledger.currencies.length === 1 ? ledger.currencies[0]?.code : undefined;
    return accounts.get(from)?.data?.currency ?? accounts.get(to)?.data?.currency ?? only ?? null;
  };

  /** At the field that it names, else on top. */
  const show = (problem: unknown, draft: Draft): void => {
    const field = problem instanceof LedgerFlowProblem ? fieldOf(problem, kind, draft) : null;
    const isAtField = field !== null && problem instanceof LedgerFlowProblem;
    setFaults(isAtField ? { [field]: wordsOf(problem) } : {});
    setError(isAtField ? null : problem);
  };
  const dryRun = useDryRun();
  const send = useSend(ledger.id, {
    answered: (movement, isReplayed) => step(answered({ place, movement, isReplayed })),
    failed: (problem) => {
      const { isDoubtful = false, draft = emptyDraft(kind) } = now() ?? {};
      const verdict = judge(problem, isDoubtful);
      if (verdict === 'refused') step(refused({ place, key: makeKey() }));
      else step(verdict === 'unknown' ? lost({ place }) : untried({ place }));
      if (verdict === 'refused') show(problem, draft);
      else setError(problem);
    },
  });

  const forget = (): void => {
    setFaults({});
    setError(null);
  };
  const preview = (): void => {
    if (intent?.phase !== 'draft' || dryRun.isPending) return;
    forget();
    const read = commandOf(kind, intent.draft, { ledger, zone, currencyOf });
    if ('faults' in read) {
      setFaults(read.faults);
      return;
    }
    const { command } = read;
    dryRun.mutate(command, {
      onSuccess: (movement) => step(previewed({ place, command, preview: movement, atMs: Date.now() })),
      onError: (problem) => show(problem, intent.draft),
    });
  };
  useRenewal(place, { intent, now, step }, dryRun, show);
  const confirm = (): void => {
    const current = now();
    if (current?.phase === 'previewed' && dryRun.isPending) return;
    if (current === undefined || current.command === null || (current.phase !== 'previewed' && current.phase !== 'unknown')) return;
    forget();
    step(sent({ place }));
    send.mutate({ command: current.command, key: current.key });
  };
  return {
    ledger,
    intent,
    isKept,
    faults,
    error,
    accounts,
    currencyOf,
    isBusy: dryRun.isPending,
    isRenewing: dryRun.isPending && intent?.phase === 'previewed',
    preview,
    confirm,
    back: () => {
      forget();
      step(takenBack({ place }));
    },
    begin: (next: Intent) => {
      forget();
      step(begun({ place, intent: next }));
    },
    draft: (draft: Draft, field: FieldPath | null) => {
      setError(null);
      setFaults((before) => (field === null ? {} : Object.fromEntries(Object.entries(before).filter(([path]) => path !== field))));
      step(drafted({ place, draft }));
    },
  };
}

/** A thing to be done with money, from the form to its result. */
export function Flow({ kind, given, onTaken }: { kind: Kind; given: Given; onTaken: () => void }) {
  const flow = useFlow(kind);
  const { intent, ledger, begin, draft, back } = flow;
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
          <Note color="orange" title={strings.unkept.title}>
            {strings.unkept.detail}
          </Note>
        )}
        {asked !== '{}' && isOpen(intent) ? (
          <Note color="orange" title={strings.open.title} role="status">
            {strings.open.detail}
          </Note>
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
