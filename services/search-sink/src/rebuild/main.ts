import { refuseCall, runTool } from '../tool.ts';
import { rebuild } from './rebuild.ts';

if (process.argv.length > 2) refuseCall('node services/search-sink/src/rebuild/main.ts');

await runTool(async (parts) => {
  const { from, to } = await rebuild(parts);
  return `generation ${to.number} is proven and live${from === null ? '' : `; generation ${from.number} is kept until the next rebuild`}`;
});
