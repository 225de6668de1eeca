import { Kbd, Modal, Switch, Table } from '@mantine/core';
import type { Feature } from '../feature.ts';
import { preferences } from '../preferences.ts';
import { useAppDispatch, useAppSelector } from '../state.ts';
import { strings } from '../strings.ts';

/** What the keys do. */
export function Help({ isOpen, onClose, features }: { isOpen: boolean; onClose: () => void; features: readonly Feature[] }) {
  const hasKeys = useAppSelector((state) => state.preferences.hasKeys);
  const dispatch = useAppDispatch();
  const rows: [string[], string][] = [
    [['/'], strings.helpSearch],
    [['?'], strings.helpHelp],
    ...features.flatMap(({ letter, title }): [string[], string][] =>
      letter === undefined ? [] : [[['g', letter], strings.helpGo(title)]],
    ),
  ];
  return (
    <Modal opened={isOpen} onClose={onClose} title={strings.helpTitle} closeButtonProps={{ 'aria-label': strings.close }}>
      <Switch
        label={strings.helpKeys}
        description={strings.helpKeysOff}
        checked={hasKeys}
        onChange={(event) => dispatch(preferences.actions.keysSwitched(event.currentTarget.checked))}
        mb="sm"
      />
      <Table>
        <Table.Tbody>
          {rows.map(([keys, what]) => (
            <Table.Tr key={what}>
              <Table.Td>
                {keys.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
