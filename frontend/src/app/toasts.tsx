import { notificationsStore } from '@mantine/notifications';
import { type ComponentType, lazy, Suspense, useEffect, useState } from 'react';

const Notifications = lazy((): Promise<{ default: ComponentType }> =>
  import('./notifications.tsx').catch(() => {
    // The gateway is away, which its bar says. What was to be told stays in the store until the page is loaded anew.
    return { default: () => null };
  }),
);

/** Where notifications appear; what draws them comes with the first one. */
export function Toasts() {
  const [isNeeded, setNeeded] = useState(false);
  useEffect(() => notificationsStore.subscribe(() => setNeeded(true)), []);
  return isNeeded ? (
    <Suspense>
      <Notifications />
    </Suspense>
  ) : null;
}
