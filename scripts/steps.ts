import { spawn } from 'node:child_process';

export interface Step {
  name: string;
  command: string;
  args: string[];
}

export interface StepResult {
  step: Step;
  code: number;
  seconds: number;
  output: string;
}

/** Runs one command, its output kept and shown only when it fails. */
export function run(step: Step): Promise<StepResult> {
  const began = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const child = spawn(step.command, step.args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FORCE_COLOR: '0' } });
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) =>
      resolve({ step, code: code ?? 1, seconds: (performance.now() - began) / 1000, output: Buffer.concat(chunks).toString() }),
    );
  });
}
