import { useState } from 'react';
import { useLate } from '../../ui/late/index.ts';
import { UserButton } from './user-button.tsx';

const load = async () => (await import('./user-menu-items.tsx')).UserMenuItems;

/** The button of the menu; the menu comes with the first press. */
export function UserMenu({ onHelp, onMissing }: { onHelp: () => void; onMissing: (error: unknown) => void }) {
  const [Items, ask] = useLate(load, onMissing);
  const [isAsked, setAsked] = useState(false);
  if (isAsked && Items !== null) return <Items onHelp={onHelp} />;
  const open = (): void => {
    setAsked(true);
    ask();
  };
  return <UserButton onPointerEnter={ask} onFocus={ask} onClick={open} />;
}
