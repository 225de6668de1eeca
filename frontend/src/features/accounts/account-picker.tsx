import { Group, Select, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Account } from '@ledgerflow/client';
import { type ReactNode, useState } from 'react';
import { useLedger } from '../../api/ledger.ts';
import { Money } from '../../ui/money/index.ts';
import { tell } from '../../ui/problem/index.ts';
import { type ChoiceQuestion, useChoices } from './queries.ts';
import { useTyped } from './use-typed.ts';
import { Status } from './status.tsx';
import { strings } from './strings.ts';

const SETTLE_MS = 200;
const WORDS_MAX = 128;

export interface AccountPickerProps {
  label: ReactNode;
  /** Id of the account that is chosen; '' or null: none. */
  value: string | null;
  /** `account` is what the list knew of it when it was chosen. */
  onChange: (id: string | null, account: Account | null) => void;
  /** Only accounts in it. */
  currency?: string | null;
  status?: 'open' | 'frozen' | 'closed';
  /** Accounts of the ledger itself are offered too, to who begins with @. */
  hasSystemAccounts?: boolean;
  /** Not offered: the other side of a transfer. */
  without?: string | null;
  description?: ReactNode;
  error?: ReactNode;
  placeholder?: string;
  name?: string;
  isRequired?: boolean;
  isDisabled?: boolean;
  isClearable?: boolean;
  onBlur?: () => void;
  w?: number | string;
}

const Choice = ({ account }: { account: Account }) => (
  <Group justify="space-between" wrap="nowrap" gap="sm" flex={1} miw={0}>
    <Stack gap={0} miw={0}>
      <Text size="sm" className="id" truncate>
        {account.id}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {[account.name, account.ownerId === null ? null : strings.picker.owner(account.ownerId)]
          .filter((part) => part !== null && part !== undefined && part !== '')
          .join(' · ')}
      </Text>
    </Stack>
    <Stack gap={2} align="flex-end">
      <Money amount={account.available} currency={account.currency} size="sm" />
      {account.status === 'open' ? null : <Status status={account.status} freezeScope={account.freezeScope} size="xs" />}
    </Stack>
  </Group>
);

/** Whether one of the options below a field is marked by the arrow keys: Enter takes that one. */
const hasMarked = (field: HTMLInputElement): boolean =>
  (document.getElementById(field.getAttribute('aria-controls') ?? '')?.querySelectorAll('[data-combobox-selected]').length ?? 0) > 0;

/** Of the ledger in the address. */
export const AccountPicker = (props: AccountPickerProps) => <AccountSelect ledger={useLedger().id} {...props} />;

/** What is offered to who types: it always belongs to the words that are there. */
function useOffer(chosen: string | null, without: string | null, question: Omit<ChoiceQuestion, 'words'>) {
  const [search, setSearch] = useState('');
  const [isOpened, setIsOpened] = useState(false);
  // The chosen one's own id in the field is no question.
  const words = search.trim() === chosen ? '' : search.trim();
  const [settled] = useDebouncedValue(words, SETTLE_MS);
  const query = useChoices({ ...question, words: settled }, isOpened);
  const isSettled = settled === words && !query.isPending;
  const found = (isSettled ? (query.data?.accounts ?? []) : []).filter(({ id }) => id !== without);
  const emptyText = (): string => {
    if (!isSettled) return strings.picker.searching;
    if (query.error !== null) return strings.picker.failed(tell(query.error).detail);
    return words === '' ? strings.picker.noneAtAll : strings.picker.none;
  };
  return {
    search,
    setSearch,
    isOpened,
    setIsOpened,
    words,
    byId: new Map(found.map((account) => [account.id, account])),
    hasMore: isSettled && found.length > 0 && query.data?.hasMore === true,
    emptyText: emptyText(),
  };
}

/** Finds an account of a ledger by words of its id, name or owner. Enter, and leaving the field, never take what an earlier word had found. */
export function AccountSelect({
  ledger,
  label,
  value,
  onChange,
  currency = null,
  status,
  hasSystemAccounts = false,
  without = null,
  isRequired = false,
  isDisabled = false,
  isClearable = true,
  placeholder = strings.picker.placeholder,
  error,
  onBlur,
  ...field
}: AccountPickerProps & { ledger: string }) {
  const chosen = value === '' ? null : value;
  const question = { ledger, currency, hasSystemAccounts, ...(status === undefined ? {} : { status }) };
  const { search, setSearch, isOpened, setIsOpened, words, byId, hasMore, emptyText } = useOffer(chosen, without, question);
  const onFound = (account: Account): void => {
    setIsOpened(false);
    setSearch(account.id);
    onChange(account.id, account);
  };
  const typed = useTyped({ words, found: byId, question, without, onFound });
  const ids = chosen === null || byId.has(chosen) ? [...byId.keys()] : [chosen, ...byId.keys()];
  const options = ids.map((id) => ({ value: id, label: id }));
  return (
    <Select
      {...field}
      error={error ?? typed.fault}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.nativeEvent.isComposing || hasMarked(event.currentTarget)) return;
        // Else the form would be sent without it.
        if (typed.read()) event.preventDefault();
      }}
      onBlur={() => {
        // The field is empty by now, or has the chosen one again: only where none is chosen does it keep what is not found yet.
        if (typed.read() && chosen === null) setSearch(search);
        onBlur?.();
      }}
      label={label}
      placeholder={placeholder}
      required={isRequired}
      disabled={isDisabled}
      clearable={isClearable}
      allowDeselect={false}
      searchable
      maxLength={WORDS_MAX}
      autoComplete="off"
      spellCheck={false}
      maxDropdownHeight={360}
      // Else it is as wide as its longest line, and the balances at the end are cut.
      scrollAreaProps={{ styles: { content: { minWidth: 0 } } }}
      comboboxProps={{ width: 'target', withinPortal: true }}
      data={hasMore ? [...options, { value: '', label: strings.picker.more, disabled: true }] : options}
      // The gateway has found them: all are shown. The chosen one, when no words found it, is there for its label only.
      filter={({ options: all }) => all.filter((one) => 'value' in one && (one.value === '' || byId.has(one.value)))}
      nothingFoundMessage={emptyText}
      renderOption={({ option }) => {
        const account = byId.get(option.value);
        return account === undefined ? <Text size="xs">{option.label}</Text> : <Choice account={account} />;
      }}
      value={chosen}
      searchValue={search}
      onSearchChange={(next) => {
        typed.forget();
        setSearch(next);
      }}
      dropdownOpened={isOpened}
      onDropdownOpen={() => setIsOpened(true)}
      onDropdownClose={() => setIsOpened(false)}
      onChange={(id) => onChange(id, id === null ? null : (byId.get(id) ?? null))}
    />
  );
}
