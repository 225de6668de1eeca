/**
 * `npm run lock`: completes package-lock.json with optional packages of other platforms. npm leaves those out that the registry at hand does not carry, and then
 * `npm ci` refuses the lock everywhere. Run after every change of a dependency.
 */
import { readFileSync, writeFileSync } from 'node:fs';
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32', 'windows', 'wasm32'];
const CPU = {
  aarch64: 'arm64',
  arm64: 'arm64',
  x64: 'x64',
  ia32: 'ia32',
  armv7: 'arm',
  arm: 'arm',
  ppc64: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
  wasm32: 'wasm32',
};
let added = 0;
for (const [path, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    let folder = path;
    let found = false;
    for (;;) {
      const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
      if (lock.packages[candidate]) {
        found = true;
        break;
      }
      if (folder === '') break;
      folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : '';
    }
    if (found) continue;
    const words = name.split('/').pop().split('-');
    const os = OS.find((each) => words.includes(each));
    const cpu = words.map((word) => CPU[word]).find(Boolean);
    const version = String(range).replace(/^[\^~]/, '');
    if (!/^\d+\.\d+\.\d+/.test(version)) {
      console.log('skipped', name, range);
      continue;
    }
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...(os ? { os: [os === 'windows' ? 'win32' : os] } : {}),
    };
    if (!os && !cpu) console.log('no platform in name:', name);
    added++;
  }
}
const { '': root, ...rest } = lock.packages;
lock.packages = { '': root, ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))) };
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log('added', added);
