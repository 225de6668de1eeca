import { useEffect } from 'react';
import { useSelector } from 'react-redux';
import { useMe } from '../../api/session.ts';
import { useLate } from '../../ui/late/index.ts';
import type { Feature } from '../feature.ts';

type Reminder = NonNullable<Feature['reminder']>;

function One({ reminder, onMissing }: { reminder: Reminder; onMissing: (error: unknown) => void }) {
  const { id } = useMe();
  const isDue = useSelector((state: object) => reminder.isDue(state, id));
  const [Part, ask] = useLate(reminder.load, onMissing);
  useEffect(() => {
    if (isDue) ask();
  }, [isDue, ask]);
  const isUnsettled = useSelector((state: object) => reminder.isUnsettled(state, id));
  useEffect(() => {
    if (!isUnsettled) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isUnsettled]);
  return isDue && Part !== null ? <Part /> : null;
}

/** What features remind of, above every page. */
export const Reminders = ({ features, onMissing }: { features: readonly Feature[]; onMissing: (error: unknown) => void }) =>
  features.map(({ id, reminder }) => (reminder === undefined ? null : <One key={id} reminder={reminder} onMissing={onMissing} />));
