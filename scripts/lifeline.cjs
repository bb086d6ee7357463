'use strict';
/**
 * Runs one server for a parent process and stops it as soon as the parent is gone, however the parent ended.
 *
 *   node lifeline.cjs '{"name", "command", "args", "signal", "graceSeconds", "uid"?, "gid"?, "cwd"?, "record"?}'
 *
 * - stdin is the lifeline: the kernel closes it when the parent dies, even by SIGKILL. Then the server gets `signal`, and
 *   SIGKILL after the grace time.
 * - stdout tells the parent, one JSON object per line: `{pid}` once the server runs, `{exit: {code, signal}}` at its end,
 *   `{error}` if it could not be started.
 * - stderr is the log file, shared with the server.
 * - `record {file, content}`: while the server lives, `file` holds `content` and the server's pid, so that a later start
 *   finds a server whose lifeline was killed as well.
 *
 * A plain script, so that it runs from the sources as from the build.
 */
const fs = require('node:fs');
const { spawn } = require('node:child_process');

const spec = JSON.parse(process.argv[2] ?? '{}');
process.title = `flywheel lifeline: ${spec.name}`;
process.stdout.on('error', () => {}); // the parent is dead: nobody listens

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function writeRecord(pid) {
  const temporary = `${spec.record.file}.${process.pid}`;
  fs.writeFileSync(temporary, JSON.stringify({ ...spec.record.content, server: pid }), { mode: 0o600 });
  fs.renameSync(temporary, spec.record.file);
}

function removeRecord(pid) {
  try {
    // A newer server may have written its own record meanwhile.
    if (JSON.parse(fs.readFileSync(spec.record.file, 'utf8')).server === pid) fs.unlinkSync(spec.record.file);
  } catch {
    // already gone
  }
}

// Its own process group, so that a Ctrl-C on the parent's terminal does not reach it and a SIGKILL reaches all of it.
const server = spawn(spec.command, spec.args, {
  cwd: spec.cwd,
  uid: spec.uid,
  gid: spec.gid,
  stdio: ['ignore', 2, 2],
  detached: true,
});

let stopping = false;
function stop() {
  if (stopping || server.pid === undefined) return;
  stopping = true;
  server.kill(spec.signal);
  setTimeout(() => {
    try {
      process.kill(-server.pid, 'SIGKILL');
    } catch {
      // ended in time
    }
  }, spec.graceSeconds * 1000).unref();
}

server.once('error', (error) => {
  say({ error: error.message });
  process.exit(1);
});
server.once('spawn', () => {
  if (spec.record) writeRecord(server.pid);
  say({ pid: server.pid });
});
server.once('exit', (code, signal) => {
  if (spec.record) removeRecord(server.pid);
  say({ exit: { code, signal } });
  process.exit(0);
});

process.stdin.on('end', stop).on('error', stop).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
