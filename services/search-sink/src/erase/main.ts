import { isId } from '@ledgerflow/contracts';
import { refuseCall, runTool } from '../tool.ts';
import { erase } from './erase.ts';

const [ledger = '', position = '', ...others] = process.argv.slice(2);
if (!isId(ledger) || !/^[1-9]\d{0,17}$/.test(position) || others.length > 0)
  refuseCall('node services/search-sink/src/erase/main.ts LEDGER POSITION');

await runTool(async (parts) => {
  const count = await erase(parts, ledger, BigInt(position));
  return `${count} documents were written without the details of record ${position} of ${ledger}`;
});
