'use strict';
/**
 * Stands in the place of `vllm` on a machine without GPUs, and says so by its name: `fake-vllm FOLDER serve PATH --served-model-name
 * NAME --port PORT [--tensor-parallel-size N | --data-parallel-size N]` answers as the scripted model that FOLDER/models.json names for NAME.
 * `fake-vllm FOLDER take NAME UNITS PID` only notes what somebody else takes of the node.
 *
 * It notes who is on the node's 8 units while it lives (FOLDER/alive), every start (FOLDER/starts), and whether more than 8
 * were ever taken (FOLDER/violations).
 */
const fs = require('node:fs');
const http = require('node:http');
const { join } = require('node:path');

const UNITS = 8;
const [folder, verb, ...rest] = process.argv.slice(2);
const option = (...names) => names.map((name) => rest.indexOf(name)).find((at) => at >= 0);
const valueOf = (...names) => (option(...names) === undefined ? undefined : rest[option(...names) + 1]);

/** When a process started; undefined where it has ended, or is a zombie. */
function startOf(pid) {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function take(name, units, pid) {
  const alive = join(folder, 'alive');
  fs.mkdirSync(alive, { recursive: true });
  fs.writeFileSync(join(alive, `${pid}.new`), JSON.stringify({ name, units, pid, start: startOf(pid) }));
  fs.renameSync(join(alive, `${pid}.new`), join(alive, `${pid}.json`));
  const there = fs
    .readdirSync(alive)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(fs.readFileSync(join(alive, file), 'utf8')))
    .filter((one) => startOf(one.pid) === one.start);
  if (there.reduce((sum, one) => sum + one.units, 0) > UNITS)
    fs.appendFileSync(join(folder, 'violations'), `${JSON.stringify(there)}\n`);
  fs.appendFileSync(join(folder, 'starts'), `${name}\n`);
}

async function serve() {
  const name = valueOf('--served-model-name');
  const port = Number(valueOf('--port'));
  take(name, Number(valueOf('--tensor-parallel-size', '--data-parallel-size') ?? 1), process.pid);
  const models = JSON.parse(fs.readFileSync(join(folder, 'models.json'), 'utf8'));
  const { startSandbox } = require('../../dist/src/sandbox/server.js');
  const sandbox = await startSandbox({ latencyMs: 20 });
  const scripted = models[name] ?? models['*'];
  const server = http.createServer((request, response) => {
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ object: 'list', data: [{ id: name, root: rest[0], parent: null }] }));
      return;
    }
    let text = '';
    request.setEncoding('utf8').on('data', (part) => (text += part));
    const reply = async () => {
      const body = JSON.stringify({ ...JSON.parse(text), model: scripted });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${sandbox.url}/chat/completions`, { method: 'POST', body, headers });
      const said = await answer.json();
      response.writeHead(answer.status, headers);
      response.end(JSON.stringify('model' in said ? { ...said, model: name } : said));
    };
    request.on('end', () => void reply());
  });
  server.listen(port, '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
}

if (verb === 'take') take(rest[0], Number(rest[1]), Number(rest[2]));
else void serve();
