import { createContext, type ReactNode, useContext } from 'react';

export type Zone = 'local' | 'utc';
const ZoneContext = createContext<Zone>('local');

/** In which zone times are shown below it. */
export const ZoneProvider = ({ zone, children }: { zone: Zone; children: ReactNode }) => <ZoneContext value={zone}>{children}</ZoneContext>;
export const useZone = (): Zone => useContext(ZoneContext);
