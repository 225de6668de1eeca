import { type Ledger, LedgerFlowProblem, makeKey } from '@ledgerflow/client';
import { useEffect, useEffectEvent, useLayoutEffect, useState } from 'react';
import { useLedger } from '../../../api/ledger.ts';
import { useMe } from '../../../api/session.ts';
import { formatAmount } from '../../../ui/money/index.ts';
import { tell } from '../../../ui/problem/index.ts';
import { useZone } from '../../../ui/time/index.ts';
import { commandOf } from '../intent/command.ts';
import { accountsOf, type Draft, type Faults, type FieldPath, type Kind, type Leg } from '../intent/draft.ts';
import { fieldOf, judge, keptOf, problemOf } from '../intent/problem.ts';
import { type Intent, intents, isOutdated, placeKey, previewLeftMs } from '../intent/slice.ts';
import { useIntent } from '../intent/use-intent.ts';
import { useAccounts, useDryRun, useSend } from '../queries.ts';
import { strings } from '../strings.ts';

const { begun, drafted, previewed, entered, renewed, takenBack, sent, answered, refused, untried, lost } = intents.actions;

/** What a refusal says, with the figures that help. */
function wordsOf(problem: LedgerFlowProblem): string {
  const { available, minBalance, transactionId } = problem.parameters;
  const extra: string[] = [];
  if (typeof available === 'string') extra.push(strings.faults.available(formatAmount(available)));
  if (typeof minBalance === 'string' && !/^[0.]+$/.test(minBalance)) extra.push(strings.faults.minimum(formatAmount(minBalance)));
  if (typeof transactionId === 'string') extra.push(strings.faults.first(transactionId));
  return [`${tell(problem).detail.replace(/\.$/, '')}.`, ...extra].join(' ');
}

/** Tries again what was previewed too long ago, or before one came back; what the ledger would not do now is a draft again. */
function useRenewal(
  place: string,
  { intent, now, step }: Pick<ReturnType<typeof useIntent>, 'intent' | 'now' | 'step'>,
  dryRun: ReturnType<typeof useDryRun>,
  show: (problem: unknown, draft: Draft) => void,
): void {
  // Before it is drawn: nobody sees, or presses, what is of before.
  useLayoutEffect(() => {
    if (now()?.phase === 'previewed') step(entered({ place }));
  }, [place, now, step]);
  const renew = useEffectEvent((): void => {
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
  });
  const previewedAtMs = intent?.phase === 'previewed' && !intent.isDoubtful ? (intent.previewedAtMs ?? null) : undefined;
  useEffect(() => {
    if (previewedAtMs === undefined) return undefined;
    // Nobody sees a hidden page: it is tried again when it is in sight.
    const look = (): void => {
      if (!document.hidden && previewLeftMs({ previewedAtMs }, Date.now()) === 0) renew();
    };
    // A timer may go off a millisecond early.
    const timer = setTimeout(look, previewLeftMs({ previewedAtMs }, Date.now()) + 1);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [place, previewedAtMs]);
}

/** What is wrong: at its fields, and of the whole. */
function useFaults(kind: Kind) {
  const [faults, setFaults] = useState<Faults>({});
  const [error, setError] = useState<unknown>(null);
  const [told, setTold] = useState(0);
  const tell = (found: Faults): void => {
    setFaults(found);
    setTold((count) => count + 1);
  };
  return {
    faults,
    error,
    /** How often faults were told: what is left of them while one mends them is not told anew. */
    told,
    tell,
    setError,
    /** At the field that it names, else on top. */
    show: (problem: unknown, draft: Draft): void => {
      const field = problem instanceof LedgerFlowProblem ? fieldOf(problem, kind, draft) : null;
      const isAtField = field !== null && problem instanceof LedgerFlowProblem;
      tell(isAtField ? { [field]: wordsOf(problem) } : {});
      setError(isAtField ? null : problem);
    },
    forget: (): void => {
      setFaults({});
      setError(null);
    },
    /** That field is written anew; null: all of them. */
    forgetField: (field: FieldPath | null): void => {
      setError(null);
      setFaults((before) => (field === null ? {} : Object.fromEntries(Object.entries(before).filter(([path]) => path !== field))));
    },
  };
}

/** Of a leg: the chosen one, else that of its accounts, else the ledger's only one. null: it is not known yet. */
const currencyIn =
  ({ currencies }: Ledger, accounts: ReturnType<typeof useAccounts>) =>
  ({ from, to, currency }: Leg): string | null => {
    if (currency !== '') return currency;
    const only = currencies.length === 1 ? currencies[0]?.code : undefined;
    return accounts.get(from)?.data?.currency ?? accounts.get(to)?.data?.currency ?? only ?? null;
  };

/** Steps of an intent: each is kept before it has an effect outside of the page. */
export function useFlow(kind: Kind) {
  const ledger = useLedger();
  const { id: who } = useMe();
  const zone = useZone();
  const place = placeKey({ who, ledger: ledger.id, kind });
  const { intent, now, at, step, isKept } = useIntent(place);
  const { faults, error, told, tell, setError, show, forget, forgetField } = useFaults(kind);
  const accounts = useAccounts(ledger.id, intent?.phase === 'draft' ? accountsOf(intent.draft) : []);
  const currencyOf = currencyIn(ledger, accounts);
  const dryRun = useDryRun();
  const send = useSend(ledger.id, {
    answered: (of, movement, isReplayed) => step(answered({ place: of.place, movement, isReplayed })),
    failed: (of, problem) => {
      const { isDoubtful = false } = at(of.place) ?? {};
      const verdict = judge(problem, isDoubtful);
      if (verdict === 'refused' && problem instanceof LedgerFlowProblem) {
        step(refused({ place: of.place, key: makeKey(), refusal: keptOf(problem) }));
        return;
      }
      step(verdict === 'unknown' ? lost({ place: of.place }) : untried({ place: of.place }));
      setError(problem);
    },
  });

  const refusal = intent?.refusal ?? null;
  const tellRefusal = useEffectEvent((): void => {
    if (intent?.phase === 'draft' && refusal !== null) show(problemOf(refusal), intent.draft);
  });
  useEffect(() => tellRefusal(), [place, refusal]);

  const preview = (): void => {
    if (intent?.phase !== 'draft' || dryRun.isPending) return;
    forget();
    const read = commandOf(kind, intent.draft, { ledger, zone, currencyOf });
    if ('faults' in read) {
      tell(read.faults);
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
    if (current?.phase === 'previewed' && (dryRun.isPending || isOutdated(current))) return;
    if (current === undefined || current.command === null || (current.phase !== 'previewed' && current.phase !== 'unknown')) return;
    forget();
    step(sent({ place }));
    send.mutate({ command: current.command, key: current.key, who, place });
  };
  return {
    ledger,
    intent,
    isKept,
    faults,
    told,
    error,
    accounts,
    currencyOf,
    isBusy: dryRun.isPending,
    isRenewing: intent?.phase === 'previewed' && (dryRun.isPending || isOutdated(intent)),
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
      forgetField(field);
      step(drafted({ place, draft }));
    },
  };
}

export type Flowing = ReturnType<typeof useFlow>;
