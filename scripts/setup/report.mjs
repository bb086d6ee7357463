/** What the set-up says, always on stderr (stdout belongs to the command's own output), and how it runs its tools. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import environment from '../environment.cjs';

/** An error that ends the set-up with its message alone, one sentence that names the cure. */
export const userError = environment.userError;

/** Says one line. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Shows that a long step is alive: its seconds and the tool's last line on a terminal, a line every 20 s in a pipe. */
function startTicker(what, lastLine) {
  const began = Date.now();
  const isTerminal = process.stderr.isTTY;
  const timer = setInterval(
    () => {
      const text = `  ${what}: ${Math.round((Date.now() - began) / 1000)} s  ${lastLine()}`;
      if (isTerminal) process.stderr.write(`\r\x1b[2K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
      else say(text.slice(0, 160));
    },
    isTerminal ? 500 : 20_000,
  );
  return () => {
    clearInterval(timer);
    if (isTerminal) process.stderr.write('\r\x1b[2K');
  };
}

/**
 * Runs a tool to its end with its output in a log file. The tool ends with us when we are told to stop.
 * Returns its exit code and the end of its output (at most 100,000 characters).
 */
export function runTool(what, command, args, { cwd = environment.root, env = process.env, logFile }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  writeSync(log, `$ ${[command, ...args].join(' ')}\n`);
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const stopTicker = startTicker(what, () => output.trimEnd().split('\n').at(-1)?.trim() ?? '');
    const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
    const handlers = Object.entries(signals).map(([signal, code]) => {
      const handler = () => {
        stopTicker();
        child.kill('SIGTERM');
        process.exit(code);
      };
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    const finish = () => {
      stopTicker();
      closeSync(log);
      for (const removeHandler of handlers) removeHandler();
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        writeSync(log, chunk);
        output = (output + chunk.toString()).slice(-100_000);
      });
    }
    child.once('error', (error) => {
      finish();
      reject(
        userError(`Set-up stopped: ${command} could not be started (${error.message}): install it and start again.`),
      );
    });
    child.once('close', (code, signal) => {
      finish();
      resolve({ code: code ?? signal, output });
    });
  });
}

/** Why a tool failed, in a few words from its output: the full disk, the network, else its first line that matches. */
export function reasonOf(output, errorLine) {
  if (/No space left on device|ENOSPC/.test(output)) return 'the disk is full';
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const reason = (lines.find((line) => errorLine.test(line)) ?? lines.at(-1) ?? 'no output').slice(0, 300);
  const offline =
    /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|NewConnectionError|NameResolutionError|Temporary failure|Connection refused/;
  return offline.test(output) ? `no connection to the package registry: ${reason}` : reason;
}
