import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const MIB = 1024 * 1024;
/** Of the smallest disk that is filled there is more than enough at this. */
const BYTES_MAX = 2 * 1024 * MIB;

/** Takes all the space that is left below a folder, to the last byte; the function gives it back. */
export async function fillDisk(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'ballast');
  const file = await open(path, 'w');
  try {
    for (const size of [MIB, 4096, 1]) {
      const block = Buffer.alloc(size, 1);
      for (let bytes = 0; bytes < BYTES_MAX; bytes += size) {
        try {
          await file.write(block);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          break;
        }
      }
    }
  } finally {
    await file.close();
  }
  return () => rm(path, { force: true });
}
