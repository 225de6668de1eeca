import { describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { HELP, parseOptions } from './options.ts';

describe('the options of npm start', () => {
  it('have defaults', () => {
    expect(parseOptions([])).toEqual({
      port: 8080,
      host: '127.0.0.1',
      dataDir: resolve('.ledgerflow'),
      demo: true,
      ephemeral: false,
      reset: false,
      kafka: null,
      publicUrl: null,
    });
  });

  it('are all understood', () => {
    const options = parseOptions([
      '--port',
      '9000',
      '--host=0.0.0.0',
      '--data-dir',
      '/tmp/x',
      '--no-demo',
      '--reset',
      '--kafka',
      'localhost:9092',
      '--public-url',
      'http://127.0.0.1:5173',
    ]);
    expect(options).toEqual({
      port: 9000,
      host: '0.0.0.0',
      dataDir: '/tmp/x',
      demo: false,
      ephemeral: false,
      reset: true,
      kafka: 'localhost:9092',
      publicUrl: 'http://127.0.0.1:5173',
    });
    expect(parseOptions(['--ephemeral'])).toMatchObject({ ephemeral: true });
    expect(parseOptions(['--help'])).toBe('help');
  });

  it('are all in the help', () => {
    for (const option of ['port', 'host', 'data-dir', 'no-demo', 'ephemeral', 'reset', 'kafka', 'public-url'])
      expect(HELP).toContain(`--${option} `);
  });

  it.each([
    [['--prot', '1'], 'unknown option --prot'],
    [['start'], 'unexpected argument start'],
    [['--port', '0'], '--port 0 is not a port'],
    [['--port', '65536'], '--port 65536 is not a port'],
    [['--port', '80a'], '--port 80a is not a port'],
    [['--port'], '--port'],
    [['--reset=yes'], '--reset'],
    [['--kafka', 'localhost'], '--kafka localhost is not HOST:PORT'],
    [['--public-url', 'https://x/y'], 'is not an address without a path'],
    [['--public-url', 'x'], 'is not an address without a path'],
    [['--data-dir', ''], '--data-dir is empty'],
    [['--ephemeral', '--reset'], 'make no sense'],
  ])('%j is refused in one line, with exit code 2', (args, message) => {
    const refuse = (): unknown => parseOptions(args);
    expect(refuse).toThrow(message);
    expect(refuse).toThrow(expect.objectContaining({ exitCode: 2, message: expect.not.stringContaining('\n') }));
  });
});
