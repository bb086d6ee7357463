'use strict';
/**
 * Runs one server for a parent process and stops it as soon as the parent is gone, however the parent ended.
 *
 *   node lifeline.cjs '{"name", "command", "args", "signal", "graceSeconds", "uid"?, "gid"?, "cwd"?, "record"?}'
 *
 * - stdin is the lifeline: the kernel closes it when the parent dies, even by SIGKILL. Then the server gets `signal`, and
 *   SIGKILL after the grace time.
 * - stdout tells the parent, one JSON object per line: `{pid, start}` once the server runs, `{exit: {code, signal}}` at its end,
 *   `{error}` if it could not be started.
 * - stderr is the log file, shared with the server.
 * - `record {file, content}`: while the server lives, `file` holds `content` and the server's pid and start, so that a later start
 *   finds a server whose lifeline was killed as well.
 *
 * A plain script, so that it runs from the sources as from the build.
 */
const fs = require('node:fs');
const { execFileSync, spawn } = require('node:child_process');

const spec = JSON.parse(process.argv[2] ?? '{}');
process.title = `flywheel lifeline: ${spec.name}`;
process.stdout.on('error', () => {}); // the parent is dead: nobody listens

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** When a process started, as `processStart` of src/embedded/process.ts says it: it tells it from a later one of the same number. */
function startOf(pid) {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}

function writeRecord(identity) {
  const temporary = `${spec.record.file}.${process.pid}`;
  fs.writeFileSync(temporary, JSON.stringify({ ...spec.record.content, server: identity }), { mode: 0o600 });
  fs.renameSync(temporary, spec.record.file);
}

function removeRecord(pid) {
  try {
    // A newer server may have written its own record meanwhile.
    if (JSON.parse(fs.readFileSync(spec.record.file, 'utf8')).server.pid === pid) fs.unlinkSync(spec.record.file);
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
  setTimeout(endGroup, spec.graceSeconds * 1000).unref();
}

/** Ends the server with whatever it has started itself: a model server's workers hold GPUs. */
function endGroup() {
  try {
    process.kill(-server.pid, 'SIGKILL');
  } catch {
    // all have ended
  }
}

server.once('error', (error) => {
  say({ error: error.message });
  process.exit(1);
});
server.once('spawn', () => {
  const identity = { pid: server.pid, start: startOf(server.pid) };
  if (spec.record) writeRecord(identity);
  say(identity);
});
server.once('exit', (code, signal) => {
  endGroup();
  if (spec.record) removeRecord(server.pid);
  say({ exit: { code, signal } });
  process.exit(0);
});

process.stdin.on('end', stop).on('error', stop).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
