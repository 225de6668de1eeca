import { Button, Card, Collapse, Select, SimpleGrid, useMatches } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { FunnelIcon, XMarkIcon } from '@heroicons/react/24/outline';
import { TextFilter } from '../../ui/filters/index.ts';
import { MomentField } from '../../ui/moment/index.ts';
import { AccountPicker } from '../accounts/shared.tsx';
import { type Change, FILTERS, type Filters } from './filters.ts';
import { strings } from './strings.ts';

const text = strings.filters;

/** Which transactions; what is chosen is in the address. */
export function FilterBar({ filters, change, currencies }: { filters: Filters; change: Change; currencies: readonly string[] }) {
  const { account = null, reference = null, externalId = null, from = null, to = null, currency = null } = filters;
  const { minAmount = null, maxAmount = null } = filters;
  const amount = (label: string, name: 'minAmount' | 'maxAmount', value: string | null) => (
    <TextFilter
      label={label}
      value={value ?? undefined}
      isDisabled={currency === null && value === null}
      {...(currency === null ? { placeholder: text.amountHint } : {})}
      w="100%"
      onChange={(next) => change({ [name]: next })}
    />
  );
  // A narrow screen is for the list.
  const isWide = useMatches({ base: false, sm: true });
  const [isOpen, { toggle }] = useDisclosure(false);
  const count = Object.keys(filters).length;
  const known = currency === null || currencies.includes(currency) ? currencies : [...currencies, currency];
  return (
    <Card component="section" aria-label={text.label} padding="sm">
      {isWide ? null : (
        <Button
          variant="default"
          size="xs"
          leftSection={<FunnelIcon width={14} />}
          aria-expanded={isOpen}
          onClick={toggle}
          w="fit-content"
          mb={isOpen ? 'sm' : 0}
        >
          {text.some(count)}
        </Button>
      )}
      <Collapse expanded={isWide || isOpen}>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm" verticalSpacing="xs">
          <AccountPicker label={text.account} value={account} hasSystemAccounts onChange={(next) => change({ account: next })} />
          <TextFilter
            label={text.reference}
            placeholder={text.referenceHint}
            value={reference ?? undefined}
            w="100%"
            onChange={(next) => change({ reference: next })}
          />
          <MomentField label={text.from} value={from} onChange={(next) => change({ from: next })} />
          <MomentField label={text.to} value={to} onChange={(next) => change({ to: next })} />
          <TextFilter label={text.externalId} value={externalId ?? undefined} w="100%" onChange={(next) => change({ externalId: next })} />
          <Select
            label={text.currency}
            placeholder={text.anyCurrency}
            data={[...known]}
            value={currency}
            clearable
            clearButtonProps={{ 'aria-label': text.clearCurrency }}
            onChange={(next) => change(next === null ? { currency: null, minAmount: null, maxAmount: null } : { currency: next })}
          />
          {amount(text.min, 'minAmount', minAmount)}
          {amount(text.max, 'maxAmount', maxAmount)}
        </SimpleGrid>
      </Collapse>
      {count > 0 ? (
        <Button
          mt="sm"
          size="xs"
          variant="subtle"
          w="fit-content"
          leftSection={<XMarkIcon width={14} />}
          onClick={() => change(Object.fromEntries(FILTERS.map((name) => [name, null])))}
        >
          {strings.clear}
        </Button>
      ) : null}
    </Card>
  );
}
