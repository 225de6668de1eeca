import '@mantine/notifications/styles.css';
import { Notifications } from '@mantine/notifications';

export default function Drawn() {
  return <Notifications position="bottom-right" limit={3} />;
}
