import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  ArrowsRightLeftIcon,
  EllipsisVerticalIcon,
  LockClosedIcon,
  LockOpenIcon,
  NoSymbolIcon,
  PencilSquareIcon,
} from '@heroicons/react/24/outline';
import type { Account } from '@ledgerflow/client';
import { useState } from 'react';
import { Link } from 'react-router';
import { useMay } from '../../../api/session.ts';
import { paths } from '../../../app/paths.ts';
import { strings } from '../strings.ts';
import { EditAccount } from './edit.tsx';
import { type Change, ChangeStatus } from './change-status.tsx';

const text = strings.account;
const ICON = 16;

/** What may be done with the account by who is signed in. System accounts are the ledger's own, closed ones are done. */
export function Actions({ ledger, account }: { ledger: string; account: Account }) {
  const may = useMay();
  const [change, setChange] = useState<Change | null>(null);
  const [isEditing, setIsEditing] = useState(false);
  const isOwn = account.id.startsWith('@');
  const isClosed = account.status === 'closed';
  if (isOwn || isClosed) return null;
  const isFrozen = account.status === 'frozen';
  const mayFreeze = may(isFrozen ? 'unfreezeAccount' : 'freezeAccount', ledger);
  const mayClose = may('closeAccount', ledger);
  return (
    <>
      {may('createTransfer', ledger) ? (
        <Button
          component={Link}
          to={paths.move(ledger, { from: account.id })}
          variant="default"
          leftSection={<ArrowsRightLeftIcon width={ICON} />}
        >
          {text.move}
        </Button>
      ) : null}
      {may('updateAccount', ledger) ? (
        <Button variant="default" leftSection={<PencilSquareIcon width={ICON} />} onClick={() => setIsEditing(true)}>
          {text.edit}
        </Button>
      ) : null}
      {mayFreeze || mayClose ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label={text.more}>
              <EllipsisVerticalIcon width={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {mayFreeze ? (
              <Menu.Item
                leftSection={isFrozen ? <LockOpenIcon width={ICON} /> : <LockClosedIcon width={ICON} />}
                onClick={() => setChange(isFrozen ? 'unfreeze' : 'freeze')}
              >
                {isFrozen ? text.unfreeze : text.freeze}
              </Menu.Item>
            ) : null}
            {mayClose ? (
              <Menu.Item color="red" leftSection={<NoSymbolIcon width={ICON} />} onClick={() => setChange('close')}>
                {text.close}
              </Menu.Item>
            ) : null}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      <ChangeStatus ledger={ledger} account={account} change={change} onClose={() => setChange(null)} />
      <EditAccount ledger={ledger} account={account} isOpen={isEditing} onClose={() => setIsEditing(false)} />
    </>
  );
}
