import { ActionIcon, Button, Divider, Group, Stack, Text, Title, Tooltip } from '@mantine/core';
import { PlusIcon, TrashIcon } from '@heroicons/react/24/outline';
import type { Ledger } from '@ledgerflow/client';
import { type FormEvent, useEffect, useRef } from 'react';
import { scaleOf } from '../../../api/ledger.ts';
import { readAmount } from '../../../ui/money-input/index.ts';
import { sumOf } from '../../../ui/money/sum.ts';
import { onFirstPress } from '../../../ui/press/index.ts';
import { isBeyond } from '../intent/changes.ts';
import { type Draft, emptyLeg, type Faults, type FieldPath, hasFrom, type Kind, type Leg, LEGS_MAX, type Terms } from '../intent/draft.ts';
import classes from '../money.module.css';
import type { AccountQuery } from '../queries.ts';
import { strings } from '../strings.ts';
import { Beyond } from './balance.tsx';
import { LegFields } from './leg.tsx';
import { TermsFields } from './terms.tsx';

export interface FormProps {
  kind: Kind;
  ledger: Ledger;
  draft: Draft;
  accounts: ReadonlyMap<string, AccountQuery>;
  currencyOf: (leg: Leg) => string | null;
  faults: Faults;
  /** Becomes another when faults are told: the first of them has the focus then. */
  told: number;
  isBusy: boolean;
  /** field: the one that changed; null: fields came or went. */
  onChange: (draft: Draft, field: FieldPath | null) => void;
  onPreview: () => void;
  onClear: () => void;
}

function faultsBelow<T extends object>(faults: Faults, prefix: string): Partial<T> {
  const own = Object.entries(faults).filter(([path]) => path.startsWith(`${prefix}.`));
  return Object.fromEntries(own.map(([path, fault]) => [path.slice(prefix.length + 1), fault])) as Partial<T>;
}

/** Accounts from which more would go than they have available, of what is known here. */
function beyondOf({ kind, ledger, draft, accounts, currencyOf }: FormProps): string[] {
  if (!hasFrom(kind)) return [];
  const out = new Map<string, string[]>();
  for (const leg of draft.legs) {
    const currency = currencyOf(leg);
    const read = readAmount(leg.amount, { scale: (currency === null ? null : scaleOf(ledger, currency)) ?? 0 });
    if ('amount' in read && leg.from !== '') out.set(leg.from, [...(out.get(leg.from) ?? []), read.amount]);
  }
  return [...out].flatMap(([id, amounts]) => {
    const account = accounts.get(id)?.data;
    return account !== undefined && isBeyond(sumOf(amounts), account) ? [id] : [];
  });
}

function Legs({ kind, ledger, draft, accounts, currencyOf, faults, onChange }: FormProps) {
  const changeLeg = (index: number, change: Partial<Leg>): void => {
    const [field] = Object.keys(change) as (keyof Leg)[];
    const legs = draft.legs.map((leg, at) => (at === index ? { ...leg, ...change } : leg));
    onChange({ ...draft, legs }, `legs.${index}.${field as keyof Leg}`);
  };
  const isMany = kind === 'legs';
  return (
    <>
      {isMany ? (
        <Text size="sm" c="dimmed">
          {strings.legsHint}
        </Text>
      ) : null}
      {draft.legs.map((leg, index) => (
        // A leg has no id of its own, and its fields hold no state but what is in the draft.
        <Stack key={index} gap="sm" role="group" aria-label={isMany ? strings.leg(index + 1) : strings.kinds[kind]}>
          {isMany ? (
            <Group justify="space-between">
              <Title order={2} size="h3">
                {strings.leg(index + 1)}
              </Title>
              {draft.legs.length > 1 ? (
                <Tooltip label={strings.removeLeg(index + 1)}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={strings.removeLeg(index + 1)}
                    onClick={() => onChange({ ...draft, legs: draft.legs.filter((_, at) => at !== index) }, null)}
                  >
                    <TrashIcon width={16} />
                  </ActionIcon>
                </Tooltip>
              ) : null}
            </Group>
          ) : null}
          <LegFields
            kind={kind}
            ledger={ledger}
            leg={leg}
            currency={currencyOf(leg)}
            accounts={accounts}
            faults={faultsBelow<Leg>(faults, `legs.${index}`)}
            onChange={(change) => changeLeg(index, change)}
          />
          {isMany ? <Divider /> : null}
        </Stack>
      ))}
      {isMany ? (
        <Button
          variant="default"
          leftSection={<PlusIcon width={16} />}
          disabled={draft.legs.length >= LEGS_MAX}
          onClick={() => onChange({ ...draft, legs: [...draft.legs, emptyLeg()] }, null)}
          w="fit-content"
        >
          {strings.addLeg}
        </Button>
      ) : null}
    </>
  );
}

/** The first step: what is to be done. */
export function Form(props: FormProps) {
  const { kind, draft, faults, told, isBusy, onChange, onPreview, onClear } = props;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (told > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [told]);
  const changeTerms = (change: Partial<Terms>): void => {
    const [field] = Object.keys(change) as (keyof Terms)[];
    onChange({ ...draft, terms: { ...draft.terms, ...change } }, `terms.${field as keyof Terms}`);
  };
  return (
    <form
      ref={form}
      noValidate
      aria-label={strings.kinds[kind]}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        onPreview();
      }}
    >
      <fieldset disabled={isBusy} className={classes['fieldset'] ?? ''}>
        <Stack gap="lg">
          <Legs {...props} />
          {beyondOf(props).map((account) => (
            <Beyond key={account} account={account} />
          ))}
          <TermsFields terms={draft.terms} faults={faultsBelow<Terms>(faults, 'terms')} onChange={changeTerms} />
          <Group>
            <Button type="submit" loading={isBusy}>
              {strings.preview}
            </Button>
            <Button variant="subtle" color="gray" onClick={onFirstPress(onClear)}>
              {strings.startOver}
            </Button>
          </Group>
        </Stack>
      </fieldset>
    </form>
  );
}
